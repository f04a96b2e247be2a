import { ErrorCode } from "@runnel/protocol/errors.ts";
import {
  CODEC_NAMES,
  type CodecName,
  checkCrc,
  codecNameOf,
  isTransactional,
  readBatchHeader,
  timestampType,
} from "@runnel/protocol/records/batch.ts";
import { buildBatch, type NewBatch } from "@runnel/protocol/records/build.ts";
import { type LogRecord, recordsOf } from "@runnel/protocol/records/iterate.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { inlineWorkers } from "#io/memory/world.ts";
import type { Workers } from "#io/ports.ts";
import { batchOf, headersOf, Rig, read, TOPIC } from "#log/testing.ts";
import { type AppendContext, type AppendResult, appendBatch } from "./append.ts";
import { Partition, type PartitionConfig } from "./partition.ts";
import { packingOf, repack } from "./recompress.ts";
import { NO_GATE, PARTITION_CONFIG } from "./testing.ts";

const MAX = { maxOutputLength: 1e8 };
const utf8 = new TextEncoder();

async function newPartition(changes: Partial<PartitionConfig>, workers: Workers = inlineWorkers) {
  const rig = await Rig.open();
  const config = { ...PARTITION_CONFIG, ...changes };
  const log = await rig.log(config);
  const identity = { topicId: TOPIC, topicName: "t", index: 0, isInternal: false };
  const partition = new Partition(identity, log, config, 3);
  const context: AppendContext = { clock: rig.time, gate: NO_GATE, workers };
  const request = { acks: -1, timeoutMs: 1000, allowsZstd: true, transaction: null };
  const send = (batch: Uint8Array): Promise<AppendResult> =>
    Promise.resolve(appendBatch(context, partition, batch, request));
  return { rig, log, partition, send };
}

function contentOf(batch: Uint8Array): LogRecord[] {
  return [...recordsOf(batch, { at: 0, header: readBatchHeader(batch, 0), ...MAX })];
}

const codec = fc.constantFrom<CodecName>(...CODEC_NAMES);
const blob = fc.option(fc.uint8Array({ maxLength: 300 }));
const newBatch: fc.Arbitrary<NewBatch> = fc.record({
  records: fc.array(
    fc.record({
      key: blob,
      value: blob,
      timestamp: fc.integer({ min: -1, max: 2_000_000_000_000 }),
      headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: blob }), {
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  codec,
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  producerEpoch: fc.nat(32_767),
  baseSequence: fc.nat(2 ** 31 - 1),
  isTransactional: fc.boolean(),
});

test("repack() changes nothing but the codec, for every pair of them", async () => {
  await fc.assert(
    fc.asyncProperty(newBatch, codec, async (sent, target) => {
      const before = buildBatch(sent);
      const plain = buildBatch({ ...sent, codec: "none" }).subarray(61);
      const packing = { codec: CODEC_NAMES.indexOf(target), level: null };
      const after = await repack(inlineWorkers, before, plain, packing);
      const [was, is] = [readBatchHeader(before, 0), readBatchHeader(after, 0)];
      expect(codecNameOf(is.attributes)).toBe(target);
      expect(checkCrc(after, 0, is)).toBe(true);
      expect(is.sizeInBytes).toBe(after.length);
      const { attributes: a, crc: _, sizeInBytes: __, batchLength: ___, ...kept } = was;
      expect(is).toMatchObject(kept);
      expect(is.attributes & ~7).toBe(a & ~7);
      expect(isTransactional(is.attributes)).toBe(sent.isTransactional);
      expect(contentOf(after)).toEqual(contentOf(before));
    }),
    { numRuns: 200 },
  );
});

test("packingOf() leaves a batch alone that comes as the topic wants it", () => {
  const config = { ...PARTITION_CONFIG, compressionGzipLevel: 7, compressionZstdLevel: -4 };
  for (const [number, name] of CODEC_NAMES.entries()) {
    const compressionType = name === "none" ? "uncompressed" : name;
    expect(packingOf({ ...config, compressionType: "producer" }, number)).toBeNull();
    expect(packingOf({ ...config, compressionType }, number)).toBeNull();
    const level = name === "gzip" ? 7 : name === "zstd" ? -4 : null;
    const other = (number + 1) % CODEC_NAMES.length;
    expect(packingOf({ ...config, compressionType }, other)).toEqual({ codec: number, level });
  }
});

test("compression.type: the log has the topic's codec, with offsets, times and sequence", async () => {
  const { rig, log, send } = await newPartition({ compressionType: "zstd" });
  for (const [index, name] of CODEC_NAMES.entries()) {
    const value = utf8.encode("the same again and again ".repeat(20));
    const records = [10, 30, 20].map((timestamp) => ({ key: null, value, timestamp }));
    const batch = buildBatch({
      records,
      codec: name,
      producerId: 5n,
      producerEpoch: 0,
      baseSequence: 3 * index,
    });
    expect(await rig.run(send(batch))).toMatchObject({ errorCode: 0, baseOffset: 3 * index });
  }
  const stored = await read(rig, log, { offset: 0 });
  const headers = headersOf(stored);
  expect(headers.map((one) => codecNameOf(one.attributes))).toEqual(CODEC_NAMES.map(() => "zstd"));
  expect(headers.map((one) => [one.baseOffset, one.baseSequence])).toEqual(
    [0, 3, 6, 9, 12].map((offset) => [offset, offset]),
  );
  expect(headers.every((one) => one.maxTimestamp === 30 && one.producerId === 5n)).toBe(true);
  expect(
    contentOf(stored.subarray(0, headers[0]?.sizeInBytes)).map((one) => one.timestamp),
  ).toEqual([10, 30, 20]);
  const again = buildBatch({
    records: [{ key: null, value: utf8.encode("x"), timestamp: 1 }],
    producerId: 5n,
    producerEpoch: 0,
    baseSequence: 12,
  });
  expect((await rig.run(send(again))).errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
});

test("LogAppendTime counts in a batch that is packed anew", async () => {
  const settings = { compressionType: "gzip", messageTimestampType: "LogAppendTime" } as const;
  const { rig, log, send } = await newPartition(settings);
  const sent = batchOf({ values: ["a", "b"], timestamp: 5 });
  const now = rig.time.nowMs();
  expect(await rig.run(send(sent))).toMatchObject({ errorCode: 0, logAppendTimeMs: now });
  const stored = await read(rig, log, { offset: 0 });
  const header = readBatchHeader(stored, 0);
  expect([timestampType(header.attributes), codecNameOf(header.attributes)]).toEqual([
    "logAppendTime",
    "gzip",
  ]);
  expect(checkCrc(stored, 0, header)).toBe(true);
  expect(contentOf(stored).map((one) => one.timestamp)).toEqual([now, now]);
});

test("a batch that is larger as the topic keeps it than it allows is refused", async () => {
  const { send, rig, log } = await newPartition({
    compressionType: "uncompressed",
    maxMessageBytes: 1000,
  });
  const records = [{ key: null, value: new Uint8Array(5000), timestamp: 1 }];
  const result = await rig.run(send(buildBatch({ records, codec: "gzip" })));
  expect(result.errorCode).toBe(ErrorCode.MESSAGE_TOO_LARGE);
  expect(log.nextOffset).toBe(0);
});

test("records that are not what their header says are found when they are unpacked", async () => {
  const { send, rig, log } = await newPartition({ compressionType: "uncompressed" });
  const good = batchOf({ values: ["a", "b"] });
  const cut = good.subarray(61, good.length - 1);
  const bad = await repack(inlineWorkers, good, cut, { codec: 1, level: null });
  const result = await rig.run(send(bad));
  expect(result.errorCode).toBe(ErrorCode.INVALID_RECORD);
  const torn = await repack(inlineWorkers, good, good.subarray(61), { codec: 1, level: null });
  const noStream = await repack(
    { compress: async () => torn.slice(61, 70) },
    good,
    good.subarray(61),
    { codec: 1, level: null },
  );
  expect((await rig.run(send(noStream))).errorCode).toBe(ErrorCode.CORRUPT_MESSAGE);
  expect(log.nextOffset).toBe(0);
});

test("batches keep their order, however long each takes to be packed", async () => {
  const waiting: (() => void)[] = [];
  const workers: Workers = {
    ...inlineWorkers,
    compress: async (number, bytes, level) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return inlineWorkers.compress(number, bytes, level);
    },
  };
  const { rig, log, send } = await newPartition({ compressionType: "lz4" }, workers);
  const sent = [0, 1, 2].map((baseSequence) =>
    send(batchOf({ values: [`${baseSequence}`], producerId: 1n, producerEpoch: 0, baseSequence })),
  );
  // The last one comes in the topic's codec and would be there first.
  const value = utf8.encode("3");
  const records = [{ key: null, value, timestamp: 1 }];
  const ready = { codec: "lz4", producerId: 1n, producerEpoch: 0, baseSequence: 3 } as const;
  sent.push(send(buildBatch({ records, ...ready })));
  for (let turn = 0; turn < 4; turn += 1) {
    await rig.settle();
    waiting.pop()?.();
  }
  const results = await rig.run(Promise.all(sent));
  expect(results.map((one) => [one.errorCode, one.baseOffset])).toEqual(
    [0, 1, 2, 3].map((offset) => [0, offset]),
  );
  expect(log.logEndOffset).toBe(4);
});

test("what shrinks so far that it looks like a bomb is kept as it was sent", async () => {
  const plain = buildBatch({ records: [{ key: null, value: new Uint8Array(5_000_000) }] });
  const packing = { codec: CODEC_NAMES.indexOf("zstd"), level: 3 };
  expect(await repack(inlineWorkers, plain, plain.subarray(61), packing)).toBe(plain);
});
