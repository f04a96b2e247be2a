import { describe, expect } from "vitest";
import { type Bench, readAll } from "../bench.ts";
import type { Feature } from "../calls.ts";
import { base64, dataset, expected, lines, numbered } from "../dataset.ts";

const PARTITIONS = [0, 1, 2];

export function producing(bench: Bench): void {
  describe("producing", () => {
    for (const codec of bench.kind.codecs) {
      bench.test(
        `every kind of record arrives byte for byte, compression ${codec}`,
        [],
        async () => {
          const { client, support, kind } = bench;
          const topic = await bench.topic(PARTITIONS.length);
          const records = dataset(PARTITIONS, kind.lacks);
          const { lastOffsets } = await client.produce({ topic, records, codec, acks: -1 });

          const wanted = expected(topic, records);
          const got = await readAll(support, bench.name("c"), topic, PARTITIONS, records.length);
          const hasTimestamps = kind.lacks.timestamps === undefined;
          expect(lines(got, hasTimestamps)).toEqual(lines(wanted, hasTimestamps));
          if (lastOffsets !== null) {
            expect(lastOffsets).toEqual(
              Object.fromEntries(wanted.map(({ partition, offset }) => [partition, offset])),
            );
          }
        },
      );
    }

    for (const acks of [0, 1, -1] as const) {
      const needs: readonly Feature[] = acks === 0 ? ["acks 0"] : [];
      bench.test(`acks ${acks === -1 ? "all" : acks}: records arrive in order`, needs, async () => {
        const { client, support } = bench;
        const topic = await bench.topic(1);
        const records = numbered("acks", 200, [0]);
        await client.produce({ topic, records, codec: "none", acks });
        const got = await readAll(support, bench.name("c"), topic, [0], records.length);
        expect(got.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
      });
    }

    bench.test(
      "an idempotent producer's batches arrive once and in order",
      ["idempotent"],
      async () => {
        const { client, support } = bench;
        const topic = await bench.topic(1);
        const records = numbered("idempotent", 500, [0]);
        for (const half of [records.slice(0, 250), records.slice(250)]) {
          await client.produce({ topic, records: half, codec: "none", acks: -1, idempotent: true });
        }
        const got = await readAll(support, bench.name("c"), topic, [0], records.length);
        expect(got.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
      },
    );

    bench.test("producing to a topic that is not there creates it", ["auto creation"], async () => {
      const { client, support } = bench;
      const topic = bench.name("auto-created");
      const records = [{ partition: 0, key: null, value: base64("first"), headers: [] }];
      await client.produce({ topic, records, codec: "none", acks: -1 });
      const got = await readAll(support, bench.name("c"), topic, [0], 1);
      expect(got.map(({ value }) => value)).toEqual([base64("first")]);
    });
  });
}
