/** Any producer with any consumer: what went in through one client comes out of every other, byte for byte. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { readAll } from "./bench.ts";
import type { Client, ClientKind, NewRecord } from "./calls.ts";
import { dataset, expected, lines } from "./dataset.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";

interface Written {
  readonly producer: ClientKind;
  readonly topic: string;
  readonly records: readonly NewRecord[];
}

/**
 * Each of `producers` writes one topic with a partition for every codec it has, and each of `consumers` reads all of the
 * topics. A dataset leaves out only what its producer cannot send.
 */
export function describeCross(
  producers: readonly ClientKind[],
  consumers: readonly ClientKind[],
): void {
  describe("any producer with any consumer", () => {
    let server: Server | undefined;
    const clients = new Map<string, Client>();
    const written: Written[] = [];

    beforeAll(async () => {
      server = await startServer();
      for (const kind of new Set([...producers, ...consumers, kafkajsKind])) {
        clients.set(kind.name, await kind.start(server.kafka));
      }
      for (const producer of producers) {
        written.push(await write(producer, clients));
      }
    });
    afterAll(async () => {
      await Promise.all([...clients.values()].map((client) => client[Symbol.asyncDispose]()));
      await server?.[Symbol.asyncDispose]();
    });

    for (const consumer of consumers) {
      test(`${consumer.name} reads what each of the others wrote, with every codec`, async () => {
        for (const { producer, topic, records } of written) {
          const partitions = producer.codecs.map((_, index) => index);
          const name = `${consumer.name}-reads-${producer.name}`;
          const got = await readAll(
            clients.get(consumer.name)!,
            name,
            topic,
            partitions,
            records.length,
          );
          const hasTimestamps = producer.lacks.timestamps === undefined;
          const isLossy = consumer.lacks["header bytes"] !== undefined;
          const show = (of: Parameters<typeof lines>[0]): string[] =>
            lines(isLossy ? of.map(withoutBinaryHeaders) : of, hasTimestamps);
          expect(show(got), `${producer.name} → ${consumer.name}`).toEqual(
            show(expected(topic, records)),
          );
        }
      });
    }
  });
}

async function write(producer: ClientKind, clients: ReadonlyMap<string, Client>): Promise<Written> {
  const support = clients.get(kafkajsKind.name)!;
  const topic = `from-${producer.name.replaceAll(/\W+/g, "-")}`;
  await support.createTopic({ topic, partitions: producer.codecs.length, configs: {} });
  await waitFor(`${topic} is there`, async () => {
    return (await support.listOffset({ topic, partition: 0, at: "latest" })) === 0;
  });
  const records: NewRecord[] = [];
  for (const [partition, codec] of producer.codecs.entries()) {
    const part = dataset([partition], producer.lacks);
    await clients.get(producer.name)!.produce({ topic, records: part, codec, acks: -1 });
    records.push(...part);
  }
  return { producer, topic, records };
}

function withoutBinaryHeaders<T extends NewRecord>(record: T): T {
  return { ...record, headers: record.headers.filter(([name]) => name !== "binary") };
}
