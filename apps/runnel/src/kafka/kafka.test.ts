import { Buffer } from "node:buffer";
import type { RecordsBatch } from "@platformatic/kafka";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Position } from "../cli/position.ts";
import { decodeAssignment } from "./assignment.ts";
import { BATCH_RECORDS_MAX, BatchSender, type NumberedRecord } from "./batch-sender.ts";
import { type Cursor, collectRecords } from "./collect.ts";
import { explain } from "./explain.ts";
import { placeWithin, remarksOnPlaces } from "./offsets.ts";
import { partitionOfKey } from "./partitioner.ts";
import { retry } from "./retry.ts";
import { acknowledgedPartitions } from "./topic-producer.ts";

function recordOf(line: number, bytes = 1): NumberedRecord {
  const value = Buffer.alloc(bytes);
  return { key: null, value, headers: [], partition: null, timestamp: null, line };
}

describe("BatchSender", () => {
  it("sends every record once, in order, one batch at a time", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sizes, async (bytes) => {
        const sent: number[] = [];
        let underWay = 0;
        const sender = new BatchSender(async (batch) => {
          underWay += 1;
          expect(underWay).toBe(1);
          await Promise.resolve();
          sent.push(...batch.map(({ line }) => line));
          underWay -= 1;
        });
        for (const [line, size] of bytes.entries()) {
          await sender.add(recordOf(line, size));
          if (size % 3 === 0) sender.flush();
        }
        await sender.close();
        expect(sent).toEqual([...bytes.keys()]);
      }),
      { numRuns: 50 },
    );
  });

  it("makes whoever adds wait while a batch is under way and one is full", async () => {
    const gate = Promise.withResolvers<void>();
    const batches: number[] = [];
    const sender = new BatchSender(async (batch) => {
      batches.push(batch.length);
      await gate.promise;
    });
    for (let line = 0; line < 2 * BATCH_RECORDS_MAX; line += 1) await sender.add(recordOf(line));
    let isAdded = false;
    const adding = sender.add(recordOf(0)).then(() => {
      isAdded = true;
    });
    await new Promise(setImmediate);
    expect(isAdded).toBe(false);
    gate.resolve();
    await adding;
    await sender.close();
    expect(batches).toEqual([BATCH_RECORDS_MAX, BATCH_RECORDS_MAX, 1]);
  });

  it("stops at the first failure and says why to whoever adds or closes", async () => {
    const sender = new BatchSender(() => Promise.reject(new Error("no broker")));
    await sender.add(recordOf(1));
    sender.flush();
    await new Promise(setImmediate);
    await expect(sender.add(recordOf(2))).rejects.toThrow("no broker");
    await expect(sender.close()).rejects.toThrow("no broker");
  });
});

describe("placeWithin()", () => {
  const range = { start: 10n, end: 20n };
  const cases: [Position, bigint, bigint][] = [
    [{ kind: "beginning" }, -1n, 10n],
    [{ kind: "end" }, -1n, 20n],
    [{ kind: "offset", offset: 15 }, -1n, 15n],
    [{ kind: "offset", offset: 5 }, -1n, 10n],
    [{ kind: "offset", offset: 25 }, -1n, 20n],
    [{ kind: "before-end", count: 3 }, -1n, 17n],
    [{ kind: "before-end", count: 30 }, -1n, 10n],
    [{ kind: "time", atMs: 1 }, 12n, 12n],
    [{ kind: "time", atMs: 1 }, -1n, 20n],
  ];
  it.each(cases)("puts %j, found at %d, at %d", (position, found, expected) => {
    expect(placeWithin(range, position, found)).toBe(expected);
  });
});

describe("remarksOnPlaces()", () => {
  it("names the first partitions that lack the offset, and counts the others", () => {
    const ranges = new Map(
      Array.from({ length: 13 }, (_, partition) => {
        return [partition, { start: 10n, end: partition === 0 ? 30n : 20n }] as const;
      }),
    );
    const remarks = remarksOnPlaces("t", { kind: "offset", offset: 25 }, ranges);
    expect(remarks).toHaveLength(11);
    expect(remarks[0]).toBe(
      'Offset 25 is beyond the end (20) of partition 1 of topic "t": 20 is taken instead.',
    );
    expect(remarks.at(-1)).toBe("The same holds for 2 other partitions.");
    expect(remarksOnPlaces("t", { kind: "offset", offset: 10 }, ranges)).toEqual([]);
    expect(remarksOnPlaces("t", { kind: "before-end", count: 99 }, ranges)).toEqual([]);
  });
});

function batchOf(fields: Partial<RecordsBatch>, offsetDeltas: readonly number[]): RecordsBatch {
  return {
    firstOffset: 0n,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: 0,
    lastOffsetDelta: offsetDeltas.at(-1) ?? 0,
    firstTimestamp: 100n,
    maxTimestamp: 900n,
    producerId: -1n,
    producerEpoch: -1,
    firstSequence: -1,
    records: offsetDeltas.map((offsetDelta) => ({
      length: 0,
      attributes: 0,
      timestampDelta: BigInt(offsetDelta),
      offsetDelta,
      key: null,
      value: null,
      headers: [],
    })),
    ...fields,
  };
}

function cursorAt(next: bigint, more: Partial<Cursor> = {}): Cursor {
  return { partition: 0, next, stop: null, stopAtMs: null, isDone: false, ...more };
}

describe("collectRecords()", () => {
  const offsets = (batches: readonly RecordsBatch[], cursor: Cursor): bigint[] =>
    collectRecords(batches, cursor, "t").map(({ offset }) => offset);

  it("skips what a batch holds before the place that was asked for", () => {
    const cursor = cursorAt(11n);
    expect(offsets([batchOf({ firstOffset: 10n }, [0, 1, 2])], cursor)).toEqual([11n, 12n]);
    expect(cursor.next).toBe(13n);
  });

  it("goes on behind gaps that compaction left, and behind markers", () => {
    const cursor = cursorAt(0n);
    const compacted = batchOf({ lastOffsetDelta: 9 }, [2, 5]);
    const marker = batchOf({ firstOffset: 10n, attributes: 0x30 }, [0]);
    expect(offsets([compacted, marker], cursor)).toEqual([2n, 5n]);
    expect(cursor.next).toBe(11n);
  });

  it("ends before the stop", () => {
    expect(offsets([batchOf({}, [0, 1, 2, 3])], cursorAt(0n, { stop: 2n }))).toEqual([0n, 1n]);
  });

  it("ends at the first record that is not older than the time", () => {
    const cursor = cursorAt(0n, { stopAtMs: 102 });
    expect(offsets([batchOf({}, [0, 1, 2, 3])], cursor)).toEqual([0n, 1n]);
    expect(cursor.isDone).toBe(true);
  });

  it("takes the time of the broker where that is what counts", () => {
    const [created] = collectRecords([batchOf({}, [1])], cursorAt(0n), "t");
    expect(created?.timestamp).toBe(101n);
    const [stamped] = collectRecords([batchOf({ attributes: 8 }, [1])], cursorAt(0n), "t");
    expect(stamped?.timestamp).toBe(900n);
  });
});

describe("partitionOfKey()", () => {
  // Values of org.apache.kafka.common.utils.Utils.murmur2, from Kafka's own UtilsTest.
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["abc", 479_470_107],
  ])("agrees with Kafka on %s", (key, hash) => {
    expect(partitionOfKey(Buffer.from(key), 1_000)).toBe((hash & 0x7f_ff_ff_ff) % 1_000);
  });
});

describe("decodeAssignment()", () => {
  it("reads topics and partitions", () => {
    const bytes = Buffer.from(
      "0000 00000001 0002 6f72 00000002 00000000 00000007 ffffffff".replaceAll(" ", ""),
      "hex",
    );
    expect(decodeAssignment(bytes)).toEqual([{ topic: "or", partitions: [0, 7] }]);
  });

  it("ends with a value for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(Array.isArray(decodeAssignment(bytes))).toBe(true);
      }),
    );
  });
});

describe("acknowledgedPartitions()", () => {
  it("finds what was taken although the batch failed", () => {
    const partial = Object.assign(new Error("some"), {
      code: "PLT_KFK_RESPONSE",
      response: {
        responses: [
          {
            partitionResponses: [
              { index: 0, errorCode: 10 },
              { index: 1, errorCode: 0 },
            ],
          },
        ],
      },
    });
    const error = Object.assign(new AggregateError([partial], "failed"), {
      produced: { offsets: [{ partition: 5 }] },
    });
    expect(acknowledgedPartitions(error)).toEqual(new Set([5, 1]));
    expect(acknowledgedPartitions(new Error("x"))).toEqual(new Set());
    expect(acknowledgedPartitions(null)).toEqual(new Set());
  });
});

describe("explain()", () => {
  it("names the outcome, what the broker said, and what to do", () => {
    const inner = Object.assign(new Error("m"), {
      code: "PLT_KFK_PROTOCOL",
      apiCode: 38,
      serverErrorMessage: "Replication factor: 3 larger\nthan available brokers: 1.",
    });
    expect(explain(new AggregateError([inner], "failed"), "h:1")).toBe(
      "Replication factor: 3 larger than available brokers: 1 (INVALID_REPLICATION_FACTOR): " +
        "ask for no more replicas than there are brokers",
    );
  });

  it("takes the outcome from the partition where a record was refused, the text from the record", () => {
    const place = "/responses/0/partition_responses/0";
    const ofRecord = {
      apiCode: -1,
      path: `${place}/record_errors/0`,
      serverErrorMessage: "too new",
    };
    const ofPartition = { apiCode: 32, path: place, serverErrorMessage: null };
    const errors = [ofRecord, ofPartition].map((each) => Object.assign(new Error("m"), each));
    expect(explain(new AggregateError(errors, "failed"), "h:1")).toBe(
      "too new (INVALID_TIMESTAMP)",
    );
  });

  it("says where nobody listens", () => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    const error = Object.assign(new Error("Connection failed", { cause }), {
      code: "PLT_KFK_NETWORK",
    });
    expect(explain(error, "h:1")).toMatch(/^cannot reach a Kafka broker at h:1 \(nothing listens/);
  });
});

describe("retry()", () => {
  it("gives up after the retries, and at once on what is final", async () => {
    let attempts = 0;
    const failing = (): Promise<never> => {
      attempts += 1;
      return Promise.reject(new Error("no"));
    };
    await expect(retry({ retries: 2, delayMs: 0 }, failing)).rejects.toThrow("no");
    expect(attempts).toBe(3);
    const final = Object.assign(new Error("never"), { canRetry: false });
    attempts = 0;
    const ending = (): Promise<never> => {
      attempts += 1;
      return Promise.reject(new AggregateError([final]));
    };
    await expect(retry({ retries: 2, delayMs: 0 }, ending)).rejects.toThrow(AggregateError);
    expect(attempts).toBe(1);
  });
});
