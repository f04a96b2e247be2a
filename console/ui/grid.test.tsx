// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Grid, type GridProps } from "./grid.tsx";

const onOpen = vi.fn<(row: string) => void>();
const onSelect = vi.fn<(keys: ReadonlySet<string>) => void>();

beforeEach(() => {
  onOpen.mockClear();
  onSelect.mockClear();
});
afterEach(cleanup);

const gridOf = (rows: readonly string[], more: Partial<GridProps<string>> = {}) => (
  <Grid
    label="Rows"
    columns={[{ id: "name", header: "Name", width: "1fr", cell: (row) => row }]}
    rows={rows}
    keyOf={(row) => row}
    onOpen={onOpen}
    selected={new Set()}
    onSelect={onSelect}
    {...more}
  />
);
const press = (key: string): void => {
  fireEvent.keyDown(screen.getByRole("grid"), { key });
};
const opened = (): string | undefined => {
  press("Enter");
  return onOpen.mock.lastCall?.[0];
};

it("Grid stays on the row that one is on while rows come in above it", () => {
  const { rerender } = render(gridOf(["a", "b", "c"]));
  press("j");
  rerender(gridOf(["y", "z", "a", "b", "c"]));
  expect(opened()).toBe("b");
  press("x");
  expect(onSelect.mock.lastCall?.[0]).toEqual(new Set(["b"]));
  press("j");
  expect(opened()).toBe("c");
});

it("Grid stays at the newest row until one moves", () => {
  const { rerender } = render(gridOf(["a", "b"]));
  rerender(gridOf(["z", "a", "b"]));
  expect(opened()).toBe("z");
});

it("Grid goes on at what took the place of a row that is gone, and stays on that", () => {
  const { rerender } = render(gridOf(["a", "b", "c"]));
  press("End");
  rerender(gridOf(["z", "a", "b", "c"]));
  rerender(gridOf(["z", "a", "b"]));
  expect(opened()).toBe("b");
  rerender(gridOf(["y", "z", "a", "b"]));
  expect(opened()).toBe("b");
  rerender(gridOf([]));
  rerender(gridOf(["q"]));
  expect(opened()).toBe("q");
});

it("Grid says that all are selected only where all that it shows are", () => {
  const { rerender } = render(gridOf(["a", "b"], { selected: new Set(["x", "y"]) }));
  const all = (): HTMLInputElement => screen.getByLabelText("Select all");
  expect(all().checked).toBe(false);
  rerender(gridOf(["a", "b"], { selected: new Set(["a", "b", "x"]) }));
  expect(all().checked).toBe(true);
});
