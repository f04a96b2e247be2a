// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { type ReactNode, useState } from "react";
import { afterEach, expect, it } from "vitest";
import { Segmented } from "./field.tsx";

afterEach(cleanup);

function Choice({ first }: { readonly first: string }): ReactNode {
  const [value, setValue] = useState(first);
  const options = ["a", "b", "c"].map((name) => [name, name] as const);
  return <Segmented label="Which" value={value} onChange={setValue} options={options} />;
}
const radios = (): readonly HTMLElement[] => screen.getAllByRole("radio");
const stops = (): readonly (string | null)[] =>
  radios()
    .filter(({ tabIndex }) => tabIndex === 0)
    .map(({ textContent }) => textContent);

it.each([
  ["ArrowRight", "c"],
  ["ArrowDown", "c"],
  ["ArrowLeft", "a"],
  ["Home", "a"],
  ["End", "c"],
])("Segmented is one tab stop, and %s chooses %s", (key, name) => {
  render(<Choice first="b" />);
  expect(stops()).toEqual(["b"]);
  radios()[1]?.focus();
  fireEvent.keyDown(document.activeElement ?? document.body, { key });
  expect(document.activeElement?.textContent).toBe(name);
  expect(document.activeElement?.getAttribute("aria-checked")).toBe("true");
  expect(stops()).toEqual([name]);
});

it("Segmented goes around at its ends, and can be reached where nothing is chosen", () => {
  render(<Choice first="" />);
  expect(stops()).toEqual(["a"]);
  radios()[0]?.focus();
  fireEvent.keyDown(document.activeElement ?? document.body, { key: "ArrowLeft" });
  expect(stops()).toEqual(["c"]);
});
