/** Row P10 of the bad inputs: compressed records that are small on the wire and large behind it. */
import { gzipSync, zstdCompressSync } from "node:zlib";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { compress } from "@runnel/protocol/compression/codecs.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { FetchApi } from "@runnel/protocol/messages/01-fetch.ts";
import { BATCH_HEADER_SIZE, CODEC_NAMES, updateCrc } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Arena, createTopic, REQUESTS } from "./arena.ts";
import { type Client, inParallel } from "./client.ts";

const MIB = 1024 * 1024;
const PACKED = ["gzip", "snappy", "lz4", "zstd"] as const;
type Packed = (typeof PACKED)[number];
/** The broker looks into the batches of the one, and stores those of the other as they are. */
const OPENED = "opened";
const UNOPENED = "unopened";
/** As many records without content as fit a batch of a MiB once they are compressed. */
const RECORDS_MAX = 1_300_000;
const PRODUCES = `${REQUESTS}{api="Produce"}`;

let arena: Arena;
let client: Client;

beforeAll(async () => {
  arena = await Arena.open();
  client = await arena.connect();
  const dayMs = String(86_400_000);
  await createTopic(client, OPENED, { "message.timestamp.before.max.ms": dayMs });
  await createTopic(client, UNOPENED);
  // Honest batches that are large once they are open are the work of these threads, too.
  for (const codec of PACKED) {
    const value = new Uint8Array((codec === "snappy" ? 17 : 60) * MIB);
    // Some noise: zeros alone would shrink further than anything but a bomb.
    value.set(seededRandom(1).bytes(128 * 1024));
    const honest = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }], codec });
    await inParallel(Array.from({ length: 8 }), 8, async () => {
      const other = await arena.connect();
      const code = await produce(OPENED, honest, other);
      if (code !== ErrorCode.NONE) throw new Error(`honest ${codec}: ${errorName(code)}`);
      other.destroy();
    });
  }
});

afterAll(() => arena[Symbol.asyncDispose]());

interface Claims {
  /** What the header says; 1 where left out. */
  readonly recordCount?: number;
}

/** A batch with `content` where its records should be. */
function batchOf(codec: Packed, content: Uint8Array, { recordCount = 1 }: Claims = {}): Buffer {
  const honest = buildBatch({
    records: [{ key: null, value: new Uint8Array(1), timestamp: Date.now() }],
    codec,
  });
  const batch = Buffer.concat([honest.subarray(0, BATCH_HEADER_SIZE), content]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(recordCount - 1, 23);
  batch.writeInt32BE(recordCount, 57);
  updateCrc(batch, 0);
  return batch;
}

const zeros = new Uint8Array(220 * MIB);

/** 220 MiB of zeros in less than a MiB. */
function bomb(codec: Packed): Uint8Array {
  switch (codec) {
    case "gzip":
      return gzipSync(zeros, { level: 9 });
    case "zstd":
      return zstdCompressSync(zeros);
    case "lz4":
    case "snappy":
      // Their ratio is 255 and 21 at most: as much as fits a batch.
      return compress(codec, zeros.subarray(0, codec === "lz4" ? 200 * MIB : 18 * MIB));
  }
}

/** A whole stream of records without key and value, as many as `count`. */
function manyRecords(count: number): Uint8Array {
  const parts = Buffer.alloc(count * 9);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const lengthAt = at;
    at += 1;
    parts[at] = 0;
    parts[at + 1] = 0;
    at += 2;
    for (let delta = index * 2; ; delta = Math.floor(delta / 128)) {
      const isLast = delta < 128;
      parts[at] = (delta % 128) | (isLast ? 0 : 0x80);
      at += 1;
      if (isLast) break;
    }
    parts[at] = 1;
    parts[at + 1] = 1;
    parts[at + 2] = 0;
    at += 3;
    parts[lengthAt] = 2 * (at - lengthAt - 1);
  }
  return parts.subarray(0, at);
}

async function produce(topic: string, records: Uint8Array, through = client): Promise<number> {
  const { responses } = await through.call(ProduceApi, 9, {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  });
  return responses[0]?.partitionResponses[0]?.errorCode ?? Number.NaN;
}

describe("P10, where the broker opens the batch", () => {
  test.each(PACKED)("bombs of %s are refused, and others hardly notice", async (codec) => {
    const batch = batchOf(codec, bomb(codec));
    expect(batch.length).toBeLessThan(MIB);
    const codes = new Set<number>();
    const attack = { moves: { [PRODUCES]: 24 } };
    await arena.attack(`P10, 24 bombs of ${codec}`, attack, () =>
      inParallel(Array.from({ length: 24 }), 8, async () => {
        const other = await arena.connect();
        codes.add(await produce(OPENED, batch, other));
        other.destroy();
      }),
    );
    expect([...codes].map(errorName)).toEqual([expect.stringMatching(/CORRUPT|INVALID_RECORD/)]);
  });

  test("more than a million records in one batch do not hold the others up", async () => {
    const records = manyRecords(RECORDS_MAX);
    const batch = batchOf("zstd", zstdCompressSync(records), { recordCount: RECORDS_MAX });
    expect(batch.length).toBeLessThan(MIB);
    const attack = { moves: { [PRODUCES]: 16 } };
    await arena.attack("P10, 16 × 1,300,000 records", attack, () =>
      inParallel(Array.from({ length: 16 }), 8, async () => {
        const other = await arena.connect();
        const code = await produce(OPENED, batch, other);
        expect(errorName(code)).toMatch(/NONE|CORRUPT|INVALID_RECORD|TOO_LARGE/);
        other.destroy();
      }),
    );
  });

  test("streams that are cut off, lie about their size, or are another codec's", async () => {
    const honest = new Uint8Array(4_000).fill(7);
    const damages = PACKED.flatMap((codec): [string, Buffer][] => {
      const packed = compress(codec, honest);
      const lie = Buffer.from(packed);
      lie.fill(0xff, 2, 12);
      const others = PACKED.filter((other) => other !== codec);
      return [
        [`${codec} cut`, batchOf(codec, packed.subarray(0, packed.length >> 1))],
        [`${codec} lies`, batchOf(codec, lie)],
        [`${codec} of nothing`, batchOf(codec, new Uint8Array(0))],
        [`${codec} of random bytes`, batchOf(codec, Buffer.from("deadbeef".repeat(50), "hex"))],
        [`${codec} twice`, batchOf(codec, compress(codec, packed))],
        ...others.map((other): [string, Buffer] => [
          `${codec} that is ${other}`,
          batchOf(codec, compress(other, honest)),
        ]),
      ];
    });
    // Snappy's length preamble of 4 GiB; an LZ4 block of 2 GiB; a zstd window of 2 GiB.
    damages.push(["snappy of 4 GiB", batchOf("snappy", Buffer.from("ffffffff0f00", "hex"))]);
    const lz4 = Buffer.from("04224d18407000ffffff7f00", "hex");
    damages.push(["lz4 block of 2 GiB", batchOf("lz4", lz4)]);
    const zstd = Buffer.from("28b52ffd00a8010000", "hex");
    damages.push(["zstd window of 2 GiB", batchOf("zstd", zstd)]);
    const faults: string[] = [];
    const moves = { [PRODUCES]: damages.length };
    await arena.attack(`P10, ${damages.length} damaged streams`, { moves }, async () => {
      for (const [what, batch] of damages) {
        const code = await produce(OPENED, batch);
        const isRight = code === ErrorCode.CORRUPT_MESSAGE || code === ErrorCode.INVALID_RECORD;
        if (!isRight) faults.push(`${what}: ${errorName(code)}`);
      }
    });
    expect(faults).toEqual([]);
  });

  test("many more bombs at once than threads", async () => {
    const batch = batchOf("gzip", bomb("gzip"));
    const codes = new Set<number>();
    const attack = { moves: { [PRODUCES]: 100 } };
    await arena.attack("P10, 120 bombs at once", attack, () =>
      inParallel(Array.from({ length: 120 }), 120, async () => {
        const other = await arena.connect();
        codes.add(await produce(OPENED, batch, other));
        other.destroy();
      }),
    );
    expect([...codes]).toEqual([ErrorCode.CORRUPT_MESSAGE]);
  });
});

describe("P10, where the broker stores the batch as it is", () => {
  test.each(PACKED)(
    "a bomb of %s costs no more than its bytes, stored and fetched",
    async (codec) => {
      const batch = batchOf(codec, bomb(codec));
      const moves = { [PRODUCES]: 20, [`${REQUESTS}{api="Fetch"}`]: 20 };
      await arena.attack(`P10, ${codec} stored`, { moves }, async () => {
        for (let count = 0; count < 20; count += 1) {
          expect(await produce(UNOPENED, batch)).toBe(ErrorCode.NONE);
        }
        const partition = { partition: 0, fetchOffset: 0, partitionMaxBytes: MIB };
        for (let count = 0; count < 20; count += 1) {
          const { responses } = await client.call(FetchApi, 12, {
            maxWaitMs: 0,
            minBytes: 1,
            maxBytes: MIB,
            topics: [{ topic: UNOPENED, partitions: [partition] }],
            forgottenTopicsData: [],
          });
          expect(responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NONE);
          expect(responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(1_000);
        }
      });
      expect(CODEC_NAMES).toContain(codec);
    },
  );
});
