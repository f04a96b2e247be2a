import { ErrorCode } from "@runnel/protocol/errors.ts";
import { describe, expect } from "vitest";
import { type Bench, readAll } from "../bench.ts";
import type { NewRecord } from "../calls.ts";
import { expected, large, lines } from "../dataset.ts";

/** A topic limit whose largest record has length fields of three bytes, like the ones around it. */
const BATCH_BYTES_MAX = 1_000_000;
/**
 * What one record without key and headers costs beside its value, alone in its batch: the batch header (61), the record's
 * length (3), attributes, timestamp delta, offset delta and null key (1 each), the value's length (3), no headers (1).
 */
const OVERHEAD_BYTES = 61 + 3 + 1 + 1 + 1 + 1 + 3 + 1;

export function sizes(bench: Bench): void {
  const roundTrip = async (topic: string, record: NewRecord, requestBytesMax?: number) => {
    const { client, kind } = bench;
    await client.produce({
      topic,
      records: [record],
      codec: "none",
      acks: -1,
      ...(requestBytesMax === undefined ? {} : { requestBytesMax }),
    });
    const got = await readAll(client, bench.name("c"), topic, [0], 1);
    const hasTimestamps = kind.lacks.timestamps === undefined;
    expect(lines(got, hasTimestamps)).toEqual(lines(expected(topic, [record]), hasTimestamps));
  };

  describe("sizes", () => {
    bench.test("a record of 900 kB passes with defaults on both sides", [], async () => {
      await roundTrip(await bench.topic(1), large(900_000));
    });

    bench.test("a record of 5 MB passes where the topic allows it", [], async () => {
      const topic = await bench.topic(1, { "max.message.bytes": "6000000" });
      await roundTrip(topic, large(5_000_000), 6_000_000);
    });

    bench.test("a batch of exactly max.message.bytes passes", [], async () => {
      const topic = await bench.topic(1, { "max.message.bytes": String(BATCH_BYTES_MAX) });
      await roundTrip(topic, large(BATCH_BYTES_MAX - OVERHEAD_BYTES), 2_000_000);
    });

    bench.test("one byte more than max.message.bytes is MESSAGE_TOO_LARGE", [], async () => {
      const { client, support } = bench;
      const topic = await bench.topic(1, { "max.message.bytes": String(BATCH_BYTES_MAX) });
      const records = [large(BATCH_BYTES_MAX - OVERHEAD_BYTES + 1)];
      const refused = client.produce({
        topic,
        records,
        codec: "none",
        acks: -1,
        requestBytesMax: 2_000_000,
      });
      await expect(refused).rejects.toMatchObject({ code: ErrorCode.MESSAGE_TOO_LARGE });
      expect(await support.listOffset({ topic, partition: 0, at: "latest" })).toBe(0);
    });
  });
}
