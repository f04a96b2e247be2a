/** Retention of whole logs, with all that clients do to timestamps, against a few lines of model. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { applyRetention } from "./apply-retention.ts";
import type { PartitionLog } from "./partition-log.ts";
import { append, batchOf, Rig } from "./testing.ts";

const DAY = 24 * 3_600_000;

interface Kept {
  readonly baseOffset: number;
  size: number;
  newest: number;
  writtenAt: number;
}

/** The rules in prose: the oldest goes while a reason holds, whole, and never above the watermark. */
function drop(segments: readonly Kept[], rule: Rule & { readonly endOffset: number }): number {
  const left = [...segments];
  for (;;) {
    const [oldest, next] = left;
    if (oldest === undefined) return rule.endOffset;
    if ((next?.baseOffset ?? rule.endOffset) > rule.highWatermark) return oldest.baseOffset;
    const since = oldest.newest >= 0 ? oldest.newest : oldest.writtenAt;
    const isOld = rule.retentionMs >= 0 && rule.nowMs - since > rule.retentionMs;
    const rest = left.slice(1).reduce((sum, { size }) => sum + size, 0);
    const isMuch = rule.retentionBytes >= 0 && rest >= rule.retentionBytes;
    if (!isOld && !(isMuch && rest + oldest.size > rule.retentionBytes)) return oldest.baseOffset;
    left.shift();
  }
}

interface Rule {
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly highWatermark: number;
  readonly nowMs: number;
}

type Step =
  | { readonly kind: "append"; readonly age: number | null; readonly count: number }
  | { readonly kind: "wait"; readonly spanMs: number }
  | { readonly kind: "restart" }
  | { readonly kind: "retain"; readonly hidden: number };

const limit = (max: number) => fc.oneof(fc.constant(-1), fc.integer({ min: 0, max }));
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        // None, past, or future.
        age: fc.option(fc.integer({ min: -DAY, max: 9 * DAY })),
        count: fc.integer({ min: 1, max: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        spanMs: fc.integer({ min: 0, max: 2 * DAY }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("retain" as const), hidden: fc.nat(3) }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

test("a log keeps what the rules keep, and nothing else goes", async () => {
  const topic = fc.record({ retentionMs: limit(4 * DAY), retentionBytes: limit(1500) });
  await fc.assert(
    fc.asyncProperty(topic, steps, async (limits, story) => {
      const time = new ManualTime();
      const config = { ...limits, segmentBytes: 350, segmentMs: Number.MAX_SAFE_INTEGER };
      let rig = await Rig.open({ time, disk: new MemoryDisk({ clock: time }) });
      let log = await rig.log(config);
      let model: Kept[] = [];
      const seen: unknown[] = [];
      const expected: unknown[] = [];
      for (const step of story) {
        if (step.kind === "append") {
          await put(rig, log, step, model);
        } else if (step.kind === "wait") await time.advanceAsync(step.spanMs);
        else if (step.kind === "restart") {
          rig = await rig.reopen();
          log = await rig.log(config);
        } else {
          const { start, size } = await retain(rig, log, { limits, hidden: step.hidden, model });
          model = model.filter(({ baseOffset }) => baseOffset >= start);
          seen.push([log.logStartOffset, log.size]);
          expected.push([start, size]);
        }
      }
      expect(seen).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

/** Applies retention; returns where the log must begin by the model, and how large it must be. */
async function retain(
  rig: Rig,
  log: PartitionLog,
  known: {
    readonly limits: Pick<Rule, "retentionMs" | "retentionBytes">;
    /** Records at the end that are above the high watermark. */
    readonly hidden: number;
    readonly model: readonly Kept[];
  },
): Promise<{ readonly start: number; readonly size: number }> {
  const { limits, hidden, model } = known;
  const nowMs = rig.time.nowMs();
  const endOffset = log.logEndOffset;
  const highWatermark = Math.max(0, endOffset - hidden);
  const start = drop(model, { ...limits, highWatermark, nowMs, endOffset });
  await rig.run(applyRetention(log, { highWatermark, nowMs }));
  const kept = model.filter(({ baseOffset }) => baseOffset >= start);
  return { start, size: kept.reduce((sum, { size }) => sum + size, 0) };
}

async function put(
  rig: Rig,
  log: PartitionLog,
  { age, count }: Extract<Step, { kind: "append" }>,
  model: Kept[],
): Promise<void> {
  const nowMs = rig.time.nowMs();
  const timestamp = age === null ? -1 : nowMs - age;
  const values = Array.from({ length: count }, (_, i) => "x".repeat(10 * i));
  const batch = batchOf({ values, timestamp });
  append(log, batch);
  await rig.settle();
  const baseOffset = log.segments.at(-1)?.baseOffset ?? -1;
  let segment = model.at(-1);
  if (segment?.baseOffset !== baseOffset) {
    segment = { baseOffset, size: 0, newest: -1, writtenAt: 0 };
    model.push(segment);
  }
  segment.size += batch.length;
  segment.newest = Math.max(segment.newest, timestamp);
  segment.writtenAt = nowMs;
}
