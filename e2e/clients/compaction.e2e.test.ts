/** What real clients read of a compacted topic: the newest of each key, at its offset, over gaps and restarts. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { readAll } from "./bench.ts";
import { type Client, CODECS, type ConsumedRecord, type NewRecord } from "./calls.ts";
import { base64 } from "./dataset.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { kcatKind } from "./drivers/kcat.ts";
import { platformaticKind } from "./drivers/platformatic.ts";
import { confluentKind, kafkaPythonKind } from "./drivers/python.ts";

const TOPIC = "compacted";
const KINDS = [kafkajsKind, platformaticKind, kcatKind, confluentKind, kafkaPythonKind];
const ROUNDS = 24;
const RECORDS = 400;
const ENV = { RUNNEL_LOG_CLEANER_BACKOFF_MS: "200" };

let server: Server | undefined;
/** The newest record of each key, by key; null for what was deleted. */
const newest = new Map<string, { readonly offset: number; readonly value: string | null }>();
let produced = 0;

beforeAll(async () => {
  server = await startRunnel({ env: ENV });
  await using client = await kafkajsKind.start(server.kafka);
  const configs = {
    "cleanup.policy": "compact",
    "segment.bytes": "1048576",
    "min.cleanable.dirty.ratio": "0.001",
  };
  await client.createTopic({ topic: TOPIC, partitions: 1, configs });
  await waitFor(`${TOPIC} is there`, async () => {
    return (await client.listOffset({ topic: TOPIC, partition: 0, at: "latest" })) === 0;
  });
  await using librdkafka = await confluentKind.start(server.kafka);
  for (let round = 0; round < ROUNDS; round += 1) {
    const idempotent = round % 2 === 1;
    const writer = idempotent ? librdkafka : client;
    await write(writer, round, idempotent);
  }
}, 120_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** A round of half a megabyte of records: keys come again, some are deleted, some only once there. */
async function write(client: Client, round: number, idempotent: boolean): Promise<void> {
  const codec = CODECS[round % 3 === 0 ? round % CODECS.length : 0] ?? "none";
  const records = Array.from({ length: RECORDS }, (_, at): NewRecord => {
    const key = at % 100 === 7 ? `once-${round}-${at}` : `key-${(at * 7 + round) % 50}`;
    const isDeleted = round > 2 && at % 50 === 3;
    const value = isDeleted ? null : base64(`${round}.${at} `.repeat(200));
    newest.set(key, { offset: produced + at, value });
    return { partition: 0, key: base64(key), value, headers: [] };
  });
  await client.produce({ topic: TOPIC, records, codec, acks: -1, idempotent });
  produced += records.length;
}

/** Waits until nothing is left to compact; returns how many records are gone. */
async function compacted(): Promise<number> {
  const { admin } = server as Server;
  await waitFor("the topic is compacted", async () => {
    const answer = await fetch(`http://${admin}/v1/topics/${TOPIC}/partitions`);
    const { items } = (await answer.json()) as {
      readonly items: readonly {
        readonly compaction: { readonly dirtyRatio: number; readonly progress: unknown };
      }[];
    };
    const [{ compaction } = { compaction: null }] = items;
    return compaction?.dirtyRatio === 0 && compaction.progress === null;
  });
  const metrics = await (await fetch(`http://${admin}/metrics`)).text();
  const [, removed = "0"] = /^runnel_compaction_records_removed_total (\d+)/m.exec(metrics) ?? [];
  return Number(removed);
}

function shown(records: readonly ConsumedRecord[]): string[] {
  return records.map(({ offset, key, value }) => `${offset} ${key} ${value?.slice(0, 24)}`);
}

test("every client reads what compaction left: all alike, the newest of each key among it", async () => {
  const removed = await compacted();
  expect(removed).toBeGreaterThan(produced / 2);
  const count = produced - removed;
  let first: string[] | null = null;
  for (const kind of KINDS) {
    await using client = await kind.start((server as Server).kafka);
    const records = await readAll(client, `all-${kind.name}`, TOPIC, [0], count);
    const lines = shown(records);
    first ??= lines;
    expect(lines, kind.name).toEqual(first);
    const seen = new Map(records.map((record) => [record.key, record]));
    for (const [key, { offset, value }] of newest) {
      expect(seen.get(base64(key)), `${kind.name}: ${key}`).toMatchObject({ offset, value });
    }
    // From the middle of a gap, and from before the end.
    const [, second] = records;
    const from = { kind: "offset", offset: (second?.offset ?? 1) - 1 } as const;
    const late = await readAll(client, `late-${kind.name}`, TOPIC, [0], count - 1, from);
    expect(shown(late), kind.name).toEqual(first.slice(1));
  }
}, 180_000);

test("a restart after kill -9 finds the same, and goes on", async () => {
  const before = server as Server;
  const removed = await compacted();
  const count = produced - removed;
  let lines: string[];
  {
    await using client = await kafkajsKind.start(before.kafka);
    lines = shown(await readAll(client, "before", TOPIC, [0], count));
  }
  await before.stop("SIGKILL");
  await using after = await startRunnel({ env: ENV, dataDir: before.dataDir });
  await using client = await platformaticKind.start(after.kafka);
  expect(shown(await readAll(client, "after", TOPIC, [0], count))).toEqual(lines);
  await using librdkafka = await confluentKind.start(after.kafka);
  await write(librdkafka, ROUNDS, true);
  const again = await readAll(client, "again", TOPIC, [0], RECORDS, {
    kind: "offset",
    offset: produced - RECORDS,
  });
  expect(again).toHaveLength(RECORDS);
}, 120_000);

test("a record without a key is refused, and so is DeleteRecords", async () => {
  await using other = await startRunnel({ env: ENV });
  await using client = await kafkajsKind.start(other.kafka);
  const configs = { "cleanup.policy": "compact" };
  await client.createTopic({ topic: "keys", partitions: 1, configs });
  const record = { partition: 0, value: base64("v"), headers: [] };
  const produce = (key: string | null, codec: "none" | "gzip"): Promise<unknown> =>
    client.produce({ topic: "keys", records: [{ ...record, key }], codec, acks: -1 });
  await produce(base64("k"), "gzip");
  await expect(produce(null, "none")).rejects.toMatchObject({ code: 87 });
  await expect(produce(null, "gzip")).rejects.toMatchObject({ code: 87 });
  await expect(client.deleteRecords({ topic: "keys", partition: 0, before: 1 })).rejects.toThrow();
  await client.alterConfig({ topic: "keys", name: "cleanup.policy", value: "compact,delete" });
  await waitFor("the policy is there", async () => {
    return client.deleteRecords({ topic: "keys", partition: 0, before: 1 }).then(
      () => true,
      () => false,
    );
  });
}, 60_000);
