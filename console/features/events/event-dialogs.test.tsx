// @vitest-environment happy-dom
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { cleanup, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EventDialogs } from "./event-dialogs.tsx";
import { printRecord } from "./events-state.ts";

vi.mock("./republish-dialog.tsx", () => ({
  RepublishDialog: ({ records }: { readonly records: readonly DecodedRecord[] }): ReactNode => (
    <p>{records.map(printRecord).join(" ")}</p>
  ),
}));

afterEach(cleanup);

const chosen = (...offsets: readonly number[]): readonly DecodedRecord[] =>
  offsets.map((offset) => ({ partition: 0, offset }) as DecodedRecord);

const dialogs = (open: "republish" | null, records: readonly DecodedRecord[]): ReactNode => (
  <EventDialogs topic="t" query={{}} open={open} chosen={records} onClose={() => {}} />
);

describe("EventDialogs", () => {
  it("keep the events that were selected when one was opened, however many live rows go", async () => {
    const { rerender } = render(dialogs("republish", chosen(1, 2)));
    await screen.findByText("0@1 0@2");
    rerender(dialogs("republish", chosen(2)));
    expect(screen.getByText("0@1 0@2")).toBeTruthy();
    rerender(dialogs("republish", []));
    expect(screen.getByText("0@1 0@2")).toBeTruthy();
    rerender(dialogs(null, []));
    rerender(dialogs("republish", chosen(3)));
    await screen.findByText("0@3");
  });
});
