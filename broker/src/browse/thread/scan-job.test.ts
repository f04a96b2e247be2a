import type { Condition } from "@runnel/contracts/filters.ts";
import { describe, expect, test } from "vitest";
import { fill, openLogs, snapshot } from "../testing-logs.ts";
import { scanOptions, TOPIC_NAME } from "../testing-service.ts";
import { Job } from "./job.ts";
import { runScan } from "./scan-job.ts";
import type { ScanSaid, ScanTask } from "./scan-task.ts";

const NOTHING: Condition = {
  kind: "compare",
  field: { kind: "key", path: [] },
  operator: "startsWith",
  operand: { kind: "text", text: "there is none" },
};

/** A search that finds nothing, for which every look at the clock is 50 ms later; what it says. */
async function search(onSaid: (job: Job, bytes: number) => void): Promise<ScanSaid[]> {
  const { rig, logs } = await openLogs(3);
  for (const log of logs) {
    const events = [{ key: "k", value: "v", timestamp: 1_000 }];
    await fill(
      rig,
      log,
      Array.from({ length: 60 }, () => ({ events })),
    );
  }
  let now = 0;
  const clock = { monotonicMs: () => (now += 50), nowMs: () => 0 };
  const scheduler = {
    after: () => ({ cancel: () => {} }),
    soon: (callback: () => void) => callback(),
  };
  const said: ScanSaid[] = [];
  const host = { clock, scheduler, disk: rig.disk, post: () => {} };
  const job: Job = new Job(host as never, (message, bytes) => {
    said.push(message as ScanSaid);
    onSaid(job, bytes);
  });
  const task: ScanTask = {
    kind: "scan",
    snapshots: logs.map((log, partition) => snapshot(log, partition)),
    order: "oldest",
    ranges: new Map(),
    fromMs: Number.NEGATIVE_INFINITY,
    toMs: Number.POSITIVE_INFINITY,
    positions: null,
    condition: NOTHING,
    latest: null,
    keys: null,
    hasControl: false,
    limits: { results: 100, bytes: Infinity, timeMs: Infinity },
    form: { topic: TOPIC_NAME, ...scanOptions().form },
  };
  await runScan(task, job);
  return said;
}

const progressOf = (said: readonly ScanSaid[]): ScanSaid[] =>
  said.filter(({ kind }) => kind === "progress");

describe("runScan()", () => {
  test("H5: a client that takes nothing is told once how far it is", async () => {
    const said = await search(() => {});
    expect(progressOf(said)).toHaveLength(1);
    expect(said.at(-1)).toMatchObject({ kind: "done", reason: "end" });
  });

  test("a client that takes what is said is told again and again", async () => {
    const said = await search((job, bytes) => job.take(bytes));
    expect(progressOf(said).length).toBeGreaterThan(3);
  });
});
