/**
 * Compaction against a model: whatever was sent, committed, aborted, rolled, restarted and compacted, a
 * consumer finds the newest of each key at its offset, and nothing that was aborted.
 */
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RETENTION_MS, Story } from "./testing-model.ts";

const RUNS = Number(process.env["RUNNEL_COMPACTION_RUNS"] ?? 150);

/** Keys of users that look like those of markers are among them. */
const KEYS: readonly (readonly number[] | null)[] = [
  [0, 0, 0, 0],
  [0, 0, 0, 1],
  [],
  [1],
  [2, 2, 2],
  null,
];

const content = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.option(fc.nat(60), { freq: 3, nil: null }),
});

const steps = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant("send" as const),
        producer: fc.nat(4),
        records: fc.array(content, { minLength: 1, maxLength: 5 }),
        codec: fc.constantFrom<CodecName>("none", "none", "none", "gzip", "snappy", "lz4", "zstd"),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("end" as const),
        producer: fc.constantFrom(3, 4),
        isCommit: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("roll" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(2 * RETENTION_MS) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("compact" as const),
        keysMax: fc.constantFrom(1, 3, 100),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("restart" as const),
        isKilled: fc.boolean(),
        isStripped: fc.boolean(),
      }),
    },
  ),
  { minLength: 5, maxLength: 60 },
);

test("what a consumer sees of a compacted log is what the model says", async () => {
  expect.hasAssertions();
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const story = await Story.begin();
      for (const step of taken) {
        await story.take(step);
        if (step.kind === "compact" || step.kind === "restart") await story.check();
      }
      const news = { key: [1], value: 5 };
      for (let round = 0; round < 3; round += 1) {
        await story.take({ kind: "send", producer: 0, records: [news], codec: "none" });
        story.log.rollIfFilled();
        await story.compact(100);
        await story.check();
        await story.rig.time.advanceAsync(2 * RETENTION_MS);
      }
      await story.take({ kind: "restart", isKilled: true, isStripped: true });
      await story.check();
      await story.rig.run(story.rig.manager.close());
      expect(story.findings).toEqual([]);
    }),
    { numRuns: RUNS },
  );
}, 300_000);
