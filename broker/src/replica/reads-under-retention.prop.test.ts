/** Consumers that read while retention and DeleteRecords take segments away: right records, or a typed answer. */
import { silentLogger } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyRetention } from "#log/apply-retention.ts";
import { Semaphore } from "#log/semaphore.ts";
import { append, batchOf, fill, headersOf, Rig, TOPIC } from "#log/testing.ts";
import { type FetchContext, type FetchedPartition, fetch } from "./fetch.ts";
import { Partition } from "./partition.ts";
import { PARTITION_CONFIG } from "./testing.ts";

const EVENTS = 60;

async function newWorld(tailCacheBytes: number) {
  const rig = await Rig.open({ tailCacheBytes, openFilesMax: 16 });
  const retention = { segmentBytes: 300, retentionBytes: 900, fileDeleteDelayMs: 0 };
  const config = { ...PARTITION_CONFIG, ...retention };
  const log = await rig.log(config);
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, log, config, 0);
  const values = Array.from({ length: EVENTS }, (_, index) => `event ${index}`);
  await fill(rig, log, values);
  const context: FetchContext = {
    clock: rig.time,
    scheduler: rig.time,
    logger: silentLogger,
    reads: new Semaphore(2),
    answerBytesMax: () => 1e6,
  };
  const read = async (fetchOffset: number): Promise<FetchedPartition | undefined> => {
    const wanted = { topic: "t", index: 0, fetchOffset, maxBytes: 500 };
    const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 };
    const target = { wanted: { ...wanted, ...epochs }, partition, errorCode: ErrorCode.NONE };
    const limits = { maxWaitMs: 0, minBytes: 0, maxBytes: 1e6, readCommitted: false };
    const results = await fetch(context, [target], { ...limits, reader: { isGone: false } });
    return results[0];
  };
  return { rig, log, partition, read };
}

/** What is wrong with an answer to a read at `offset`; null for nothing. */
function faultOf(offset: number, answer: FetchedPartition | undefined): string | null {
  if (answer === undefined) return `no answer at ${offset}`;
  if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return null;
  if (answer.errorCode !== ErrorCode.NONE) return `error ${answer.errorCode} at ${offset}`;
  let next = offset;
  for (const part of answer.parts) {
    for (const { baseOffset, lastOffsetDelta } of headersOf(part)) {
      if (baseOffset !== next) return `asked for ${next}, got ${baseOffset}`;
      next = baseOffset + lastOffsetDelta + 1;
    }
  }
  return null;
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      offset: fc.nat(EVENTS + 10),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("retain" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("delete" as const), offset: fc.nat(EVENTS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("append" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), spanMs: fc.nat(2) }),
  },
);

for (const tailCacheBytes of [0, 2_000]) {
  test(`a read under retention is whole or out of range (${tailCacheBytes} bytes in memory)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (story) => {
        const { rig, log, partition, read } = await newWorld(tailCacheBytes);
        const underWay: Promise<string | null>[] = [];
        for (const one of story) {
          if (one.kind === "read") {
            underWay.push(read(one.offset).then((answer) => faultOf(one.offset, answer)));
          } else if (one.kind === "retain") {
            const { highWatermark } = partition;
            const limits = { highWatermark, nowMs: rig.time.nowMs() };
            underWay.push(applyRetention(log, limits).then(() => null));
          } else if (one.kind === "delete") {
            const offset = Math.min(one.offset, partition.highWatermark);
            underWay.push(rig.manager.deleteRecords(log, offset).then(() => null));
          } else if (one.kind === "append") append(log, batchOf({ values: ["more"] }));
          else await rig.time.advanceAsync(one.spanMs);
        }
        const faults = await rig.run(Promise.all(underWay));
        expect(faults.filter((fault) => fault !== null)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
}
