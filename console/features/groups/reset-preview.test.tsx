// @vitest-environment happy-dom
import type { OffsetChange } from "@runnel/contracts/groups.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { ResetPreview } from "./reset-preview.tsx";

afterEach(cleanup);

const change = (
  partition: number,
  before: number | null,
  after: number | null,
  error: string | null = null,
): OffsetChange => ({
  topic: "orders",
  partition,
  logStart: 0,
  highWatermark: 1_000,
  before: { offset: before, lag: null },
  after: { offset: after, lag: null },
  note: null,
  error,
});

function summaryOf(changes: readonly OffsetChange[]): string | null | undefined {
  const { container } = render(<ResetPreview isComplete changes={changes} error={null} />);
  return container.querySelector("p")?.textContent;
}

describe("ResetPreview", () => {
  it.each([
    [[change(0, null, 500)], "1 of 1 partition gets its first offset."],
    [
      [change(0, 200, 100), change(1, 1, 2), change(2, null, 5), change(3, null, 5)],
      "100 events are read again, 1 event is skipped, in 2 of 4 partitions. 2 of 4 partitions get their first offset.",
    ],
    [[change(0, 7, 7)], "Nothing moves: it is there already."],
    [[change(0, null, null, "no leader")], "1 of 1 partition cannot be moved."],
    [[change(0, 7, 7), change(1, 9, 9, "no leader")], "1 of 2 partitions cannot be moved."],
  ])("says of %# what it means", (changes, summary) => {
    expect(summaryOf(changes)).toBe(summary);
  });

  it("moves nothing by anything where there was no offset before", () => {
    render(<ResetPreview isComplete changes={[change(0, null, 500)]} error={null} />);
    const cells = [...(screen.getAllByRole("row")[1]?.querySelectorAll("td") ?? [])];
    expect(cells.map(({ textContent }) => textContent).slice(2, 5)).toEqual(["–", "500", "–"]);
  });
});
