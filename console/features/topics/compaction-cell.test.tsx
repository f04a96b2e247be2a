// @vitest-environment happy-dom
import type { Compaction } from "@runnel/contracts/topics.ts";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { CompactionCell } from "./compaction-cell.tsx";

afterEach(cleanup);

const IDLE: Compaction = {
  cleanBytes: 3_000_000,
  dirtyBytes: 1_000_000,
  dirtyRatio: 0.25,
  progress: null,
  lastPass: null,
  failure: null,
};

test("what is left to do, and what the last pass did", () => {
  render(<CompactionCell of={IDLE} />);
  expect(screen.getByText("25 %").title).toContain("No pass since the broker started");
  cleanup();
  const lastPass = {
    endedAt: 1,
    tookMs: 1500,
    bytesBefore: 2_000_000,
    bytesAfter: 500_000,
    recordsRemoved: 1234,
  };
  render(<CompactionCell of={{ ...IDLE, lastPass }} />);
  expect(screen.getByText("25 %").title).toMatch(/became .*, 1.234 events removed/);
});

test("how far a pass is", () => {
  const progress = { phase: "writing", bytesDone: 30, bytesTotal: 40 } as const;
  render(<CompactionCell of={{ ...IDLE, progress }} />);
  expect(screen.getByText(/75 %/)).toBeDefined();
});

test("why it failed, and whether it is tried again", () => {
  const reason = "the disk is full";
  render(<CompactionCell of={{ ...IDLE, failure: { reason, retryInMs: 60_000 } }} />);
  expect(screen.getByText("failed").title).toMatch(/the disk is full\. It is tried again in/);
  cleanup();
  render(<CompactionCell of={{ ...IDLE, failure: { reason, retryInMs: null } }} />);
  expect(screen.getByText("stopped").title).toContain("until the broker is started again");
});
