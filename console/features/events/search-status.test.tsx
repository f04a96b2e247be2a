// @vitest-environment happy-dom
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { NEW_SEARCH, type Search } from "./search.ts";
import { SearchBar } from "./search-status.tsx";

afterEach(cleanup);

const nothing = (): void => {};
const bar = (search: Search) => (
  <SearchBar control={{ search, stop: nothing, restart: nothing, goOn: null }} />
);
// Only how many there are is looked at here.
const rowsOf = (count: number): DecodedRecord[] => Array<DecodedRecord>(count);

it("SearchBar reads aloud what a search does and what came of it, not every number", () => {
  const said = (): string | null => screen.getByRole("status").textContent;
  const scanning = { phase: "scanning", waitingBefore: null } as const;
  const { rerender } = render(bar({ ...NEW_SEARCH, phase: scanning, rows: rowsOf(3) }));
  const first = said();
  rerender(bar({ ...NEW_SEARCH, phase: scanning, rows: rowsOf(900) }));
  expect(screen.getByText("Searching: 900 found")).toBeTruthy();
  expect(said()).toBe(first);
  rerender(bar({ ...NEW_SEARCH, status: "done", rows: rowsOf(1_200) }));
  expect(said()).toBe("1,200 events");
});
