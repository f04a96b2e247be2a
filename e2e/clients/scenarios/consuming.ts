import { describe, expect } from "vitest";
import { type Bench, READ_WITHIN_MS, readAll } from "../bench.ts";
import { CODECS, type Position } from "../calls.ts";
import { dataset, expected, lines, numbered } from "../dataset.ts";
import { kafkajsKind } from "../drivers/kafkajs.ts";

export function consuming(bench: Bench): void {
  describe("consuming", () => {
    for (const codec of CODECS) {
      bench.test(
        `every kind of record comes out byte for byte, compression ${codec}`,
        [],
        async () => {
          const { client, support, kind } = bench;
          const partitions = [0, 1, 2];
          const topic = await bench.topic(partitions.length);
          const records = dataset(partitions, kafkajsKind.lacks, kind.lacks);
          await support.produce({ topic, records, codec, acks: -1 });
          const got = await readAll(client, bench.name("c"), topic, partitions, records.length);
          expect(lines(got)).toEqual(lines(expected(topic, records)));
        },
      );
    }

    bench.test("from an offset, a time and the beginning", [], () => readFromPositions(bench));

    bench.test("from the end: only what is produced afterwards", [], async () => {
      const { client, support } = bench;
      const topic = await bench.topic(2);
      await support.produce({
        topic,
        records: numbered("before", 20, [0, 1]),
        codec: "none",
        acks: -1,
      });
      const consumer = bench.name("c");
      await client.open({ consumer, topic, partitions: [0, 1], from: { kind: "end" } });
      const after = numbered("after", 20, [0, 1]);
      await support.produce({ topic, records: after, codec: "gzip", acks: -1 });
      const got = await client.read({ consumer, count: 20, withinMs: READ_WITHIN_MS });
      await client.close({ consumer });
      expect(lines(got)).toEqual(lines(expected(topic, after, 10)));
    });

    bench.test("a waiting consumer gets each record as it comes", [], async () => {
      const { client, support } = bench;
      const topic = await bench.topic(1);
      const consumer = bench.name("c");
      await client.open({ consumer, topic, partitions: [0], from: { kind: "beginning" } });
      for (const record of numbered("live", 5, [0])) {
        await support.produce({ topic, records: [record], codec: "none", acks: -1 });
        const got = await client.read({ consumer, count: 1, withinMs: READ_WITHIN_MS });
        expect(got.map(({ value }) => value)).toEqual([record.value]);
      }
      await client.close({ consumer });
    });
  });
}

async function readFromPositions(bench: Bench): Promise<void> {
  const { client, support } = bench;
  const topic = await bench.topic(1);
  const records = numbered("position", 100, [0]);
  for (const part of [records.slice(0, 30), records.slice(30, 31), records.slice(31)]) {
    await support.produce({ topic, records: part, codec: "none", acks: -1 });
  }
  const timeOf = (index: number): number => records[index]!.timestamp!;
  const cases: readonly (readonly [Position, number])[] = [
    [{ kind: "beginning" }, 0],
    [{ kind: "offset", offset: 17 }, 17],
    [{ kind: "offset", offset: 99 }, 99],
    [{ kind: "timestamp", timestamp: timeOf(30) }, 30],
    [{ kind: "timestamp", timestamp: timeOf(50) }, 50],
    // Between two records: the next one. Before all of them: the first.
    [{ kind: "timestamp", timestamp: timeOf(60) - 1 }, 60],
    [{ kind: "timestamp", timestamp: timeOf(0) - 5_000 }, 0],
  ];
  for (const [from, first] of cases) {
    const got = await readAll(client, bench.name("c"), topic, [0], 100 - first, from);
    expect(got.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 100 - first }, (_, index) => first + index),
    );
  }
}
