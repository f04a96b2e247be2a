import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { describe, expect, test } from "vitest";
import { FileHandles } from "#log/file-handles.ts";
import { OPEN_FILES_MAX } from "../limits.ts";
import { fill, openLogs, placed, snapshot, type TestBatch } from "../testing-logs.ts";
import { locateTimes } from "./locate.ts";

const CASES = 150;

/** Batches whose times may go back. */
function batches(seed: number, step: number): TestBatch[] {
  const random = seededRandom(seed);
  let now = 1_000;
  return Array.from({ length: random.below(20) }, () => ({
    codec: random.below(3) === 0 ? "gzip" : "none",
    events: Array.from({ length: 1 + random.below(3) }, () => {
      now += random.below(10) - step;
      return { key: null, value: "v".repeat(random.below(40)), timestamp: now };
    }),
  }));
}

describe("locateTimes", () => {
  test.each([0, 4])("holds every record between, and no batch beyond (step %i)", async (step) => {
    for (let seed = 1; seed <= CASES; seed += 1) {
      const random = seededRandom(seed);
      const parts = batches(seed, step);
      const config = { segmentBytes: 400, indexIntervalBytes: [0, 100, 1 << 20][seed % 3] ?? 0 };
      const { rig, logs } = await openLogs(1, config);
      const [log] = logs;
      if (log === undefined) throw new Error("no log");
      await fill(rig, log, parts);
      if (seed % 2 === 0) await rig.run(log.checkpoint());
      const events = placed(0, parts);
      const at = 980 + random.below(150);
      const fromMs = random.below(5) === 0 ? -Infinity : at;
      const toMs = random.below(5) === 0 ? Infinity : at + random.below(60);
      const files = new FileHandles(rig.disk, OPEN_FILES_MAX);
      const world = { files, allocate: (n: number) => new Uint8Array(n), chunkBytes: 128 };
      const range = await locateTimes(world, snapshot(log), { fromMs, toMs });

      const first = events.findIndex(({ timestamp }) => timestamp >= fromMs);
      const last = events.findIndex(({ timestamp }) => timestamp >= toMs);
      const end = last < 0 ? events.length : last;
      const begin = first < 0 ? events.length : first;
      expect(range.low).toBeLessThanOrEqual(begin);
      expect(range.low).toBeGreaterThan(first < 0 ? begin - 1 : begin - 3);
      expect(range.high).toBeGreaterThanOrEqual(end);
      expect(range.high).toBeLessThanOrEqual(end + 3);
    }
  });

  test("an index that hides the newest record is not believed", async () => {
    const { rig, logs } = await openLogs(1, { segmentBytes: 1 << 20 });
    const [log] = logs;
    if (log === undefined) throw new Error("no log");
    const times = [10, 500, 20, 30];
    const events = times.map((timestamp) => ({ key: null, value: "v", timestamp }));
    await fill(
      rig,
      log,
      events.map((event) => ({ events: [event] })),
    );
    const files = new FileHandles(rig.disk, OPEN_FILES_MAX);
    const world = { files, allocate: (n: number) => new Uint8Array(n), chunkBytes: 128 };
    const wrong = snapshot(log);
    wrong.segments.set([10, 0, 0], 2);
    const find = { fromMs: 100, toMs: Infinity };
    expect(await locateTimes(world, wrong, find)).toEqual({ low: 1, high: 4 });
    wrong.segments.set([10, 0, 1], 2);
    expect(await locateTimes(world, wrong, find)).toEqual({ low: 4, high: 4 });
  });
});
