import { describe, expect } from "vitest";
import { type Bench, readAll } from "../bench.ts";
import type { Feature } from "../calls.ts";
import { dataset, expected, lines, numbered } from "../dataset.ts";

const PARTITIONS = [0, 1];

/** Topics whose `compression.type` is another than the producer's: the broker packs batches anew. */
export function recompression(bench: Bench): void {
  describe("compression.type", () => {
    for (const kept of bench.kind.codecs) {
      const compression = kept === "none" ? "uncompressed" : kept;
      const needs: readonly Feature[] = kept === "zstd" ? ["zstd topics"] : [];
      bench.test(`${compression}: what is packed anew reads as it was sent`, needs, async () => {
        const { client, kind } = bench;
        const topic = await bench.topic(PARTITIONS.length, { "compression.type": compression });
        const records = dataset(PARTITIONS, kind.lacks);
        const sent = kind.codecs.flatMap((codec) => (codec === kept ? [] : [codec]));
        for (const codec of sent) await client.produce({ topic, records, codec, acks: -1 });

        const count = records.length * sent.length;
        const got = await readAll(client, bench.name("c"), topic, PARTITIONS, count);
        const wanted = expected(
          topic,
          sent.flatMap(() => records),
        );
        const hasTimestamps = kind.lacks.timestamps === undefined;
        expect(lines(got, hasTimestamps)).toEqual(lines(wanted, hasTimestamps));
      });
    }

    bench.test("an idempotent producer's batches keep their order", ["idempotent"], async () => {
      const { client, support } = bench;
      const topic = await bench.topic(1, { "compression.type": "gzip" });
      const records = numbered("idempotent", 300, [0]);
      for (const half of [records.slice(0, 150), records.slice(150)]) {
        await client.produce({ topic, records: half, codec: "none", acks: -1, idempotent: true });
      }
      const got = await readAll(support, bench.name("c"), topic, [0], records.length);
      expect(got.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
    });
  });
}
