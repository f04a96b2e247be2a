/** What real clients read of a compacted topic: the newest of each key, at its offset, over gaps and restarts. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { readAll } from "./bench.ts";
import {
  type Client,
  type ClientKind,
  CODECS,
  type ConsumedRecord,
  type NewRecord,
} from "./calls.ts";
import { base64 } from "./dataset.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { platformaticKind } from "./drivers/platformatic.ts";
import { confluentKind } from "./drivers/python.ts";

const TOPIC = "compacted";
const ROUNDS = 24;
const RECORDS = 400;
/** Compaction looks often, because that is what a test waits for. */
export const COMPACTION_ENV = { RUNNEL_LOG_CLEANER_BACKOFF_MS: "200" };

/** A topic of a dozen segments of which compaction has left little, and the book of what must be in it. */
export class CompactedTopic implements AsyncDisposable {
  readonly server: Server;
  /** By key; a value of null for what was deleted. */
  readonly newest = new Map<string, { readonly offset: number; readonly value: string | null }>();
  produced = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(): Promise<CompactedTopic> {
    const topic = new CompactedTopic(await startRunnel({ env: COMPACTION_ENV }));
    await using client = await kafkajsKind.start(topic.server.kafka);
    const configs = {
      "cleanup.policy": "compact",
      "segment.bytes": "1048576",
      "min.cleanable.dirty.ratio": "0.001",
    };
    await client.createTopic({ topic: TOPIC, partitions: 1, configs });
    await waitFor(`${TOPIC} is there`, async () => {
      return (await client.listOffset({ topic: TOPIC, partition: 0, at: "latest" })) === 0;
    });
    await using librdkafka = await confluentKind.start(topic.server.kafka);
    for (let round = 0; round < ROUNDS; round += 1) {
      await topic.write(round % 2 === 1 ? librdkafka : client, round, round % 2 === 1);
    }
    return topic;
  }

  /**
   * A round of half a megabyte of records: keys come again, some are deleted, and in some rounds some are
   * only once there. Of the other rounds nothing stays.
   */
  async write(client: Client, round: number, idempotent: boolean): Promise<void> {
    const codec = CODECS[round % 3 === 0 ? round % CODECS.length : 0] ?? "none";
    const records = Array.from({ length: RECORDS }, (_, at): NewRecord => {
      const isOnce = round % 6 === 0 && at % 100 === 7;
      const key = isOnce ? `once-${round}-${at}` : `key-${(at * 7 + round) % 50}`;
      const isDeleted = round > 2 && at % 50 === 3;
      const value = isDeleted ? null : base64(`${round}.${at} `.repeat(200));
      this.newest.set(key, { offset: this.produced + at, value });
      return { partition: 0, key: base64(key), value, headers: [] };
    });
    await client.produce({ topic: TOPIC, records, codec, acks: -1, idempotent });
    this.produced += records.length;
  }

  /** Waits until nothing is left to compact; returns how many records are left. */
  async compacted(): Promise<number> {
    const { admin } = this.server;
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
    return this.produced - Number(removed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

function shown(records: readonly ConsumedRecord[]): string[] {
  return records.map(({ offset, key, value }) => `${offset} ${key} ${value?.slice(0, 24)}`);
}

export function describeCompaction(kinds: readonly ClientKind[]): void {
  describe("a compacted topic", () => {
    let topic: CompactedTopic | undefined;
    beforeAll(async () => {
      topic = await CompactedTopic.open();
    }, 120_000);
    afterAll(async () => {
      await topic?.[Symbol.asyncDispose]();
    });

    test("every client reads what is left: all alike, the newest of each key among it", async () => {
      const { server, produced, newest } = topic!;
      const count = await topic!.compacted();
      expect(count).toBeLessThan(produced / 2);
      let first: string[] | null = null;
      for (const kind of kinds) {
        await using client = await kind.start(server.kafka);
        const records = await readAll(client, `all-${kind.name}`, TOPIC, [0], count);
        first ??= shown(records);
        expect({ [kind.name]: shown(records) }).toEqual({ [kind.name]: first });
        const seen = new Map(records.map((record) => [record.key, record]));
        for (const [key, { offset, value }] of newest) {
          const { offset: at, value: found } = seen.get(base64(key)) ?? { offset: -1, value: null };
          expect([kind.name, key, at, found]).toEqual([kind.name, key, offset, value]);
        }
        // From the middle of a gap.
        const offset = (records[1]?.offset ?? 1) - 1;
        const from = { kind: "offset", offset } as const;
        const late = await readAll(client, `late-${kind.name}`, TOPIC, [0], count - 1, from);
        expect({ [kind.name]: shown(late) }).toEqual({ [kind.name]: first.slice(1) });
      }
    }, 300_000);

    test("a start after kill -9 finds the same, and goes on", async () => {
      const { server, produced } = topic!;
      const count = await topic!.compacted();
      let lines: string[];
      {
        await using client = await kafkajsKind.start(server.kafka);
        lines = shown(await readAll(client, "before", TOPIC, [0], count));
      }
      await server.stop("SIGKILL");
      await using after = await startRunnel({ env: COMPACTION_ENV, dataDir: server.dataDir });
      await using client = await platformaticKind.start(after.kafka);
      expect(shown(await readAll(client, "after", TOPIC, [0], count))).toEqual(lines);
      await using librdkafka = await confluentKind.start(after.kafka);
      await topic!.write(librdkafka, ROUNDS, true);
      const from = { kind: "offset", offset: produced } as const;
      const again = await readAll(client, "again", TOPIC, [0], RECORDS, from);
      expect(again).toHaveLength(RECORDS);
    }, 120_000);
  });
}
