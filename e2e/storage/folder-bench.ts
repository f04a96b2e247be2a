/** A topic with a partition in each of two data folders, and the book of what was acknowledged. */
import { checkAnswer } from "@runnel/contracts/check.ts";
import { type Client, createClient } from "@runnel/contracts/client.ts";
import { readAll } from "../clients/bench.ts";
import { kafkajsKind } from "../clients/drivers/kafkajs.ts";
import type { Server } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";

const TOPIC = "orders";
/** A value of so many bytes fills a small disk after some hundred. */
const VALUE_BYTES = 50_000;

/** In the first data folder, and in the second. */
export const FIRST = 0;
export const SECOND = 1;
type Which = typeof FIRST | typeof SECOND;

export class FolderBench {
  readonly #server: Server;
  readonly #admin: Client;
  /** Numbers of the values that were acknowledged, in order, by partition. */
  readonly #stored: readonly [string[], string[]];
  #count: number;

  /** `before`: of an earlier process on the same folders. */
  constructor(server: Server, before: FolderBench | null = null) {
    this.#server = server;
    this.#admin = createClient({ baseUrl: `http://${server.admin}`, check: checkAnswer });
    this.#stored = before === null ? [[], []] : before.#stored;
    this.#count = before === null ? 0 : before.#count;
  }

  async createTopic(): Promise<void> {
    await this.#admin.createTopic({ body: { name: TOPIC, partitionCount: 2 } });
  }

  /** Sends one record; whether it was stored. */
  async send(partition: Which): Promise<boolean> {
    this.#count += 1;
    const data = `${this.#count}:`.padEnd(VALUE_BYTES, "x");
    const records = [{ partition, value: { encoding: "utf8", data } as const }];
    const sent = this.#admin.produce({ params: { topic: TOPIC }, body: { records } });
    const { results } = await sent.catch(() => ({ results: [] }));
    const isStored = results[0]?.error === null;
    if (isStored) this.#stored[partition].push(String(this.#count));
    return isStored;
  }

  async sendUntilRefused(partition: Which): Promise<void> {
    await waitFor(`partition ${partition} refuses`, async () => !(await this.send(partition)));
  }

  async sendUntilStored(partition: Which): Promise<void> {
    await waitFor(`partition ${partition} takes events`, () => this.send(partition));
  }

  /** Why the second data folder is offline; null while it is not. */
  async problem(): Promise<string | null> {
    const { dataFolders } = await this.#admin.getBroker({ params: { broker: 1 } });
    return dataFolders?.[1]?.error ?? null;
  }

  /** What of a partition was acknowledged and cannot be read by a consumer, in its order. */
  async missing(partition: Which): Promise<readonly string[]> {
    const stored = this.#stored[partition];
    await using client = await kafkajsKind.start(this.#server.kafka);
    const count = await client.listOffset({ topic: TOPIC, partition, at: "latest" });
    const read = await readAll(client, "reader", TOPIC, [partition], count);
    const numbers = read.map(({ value }) => {
      return Buffer.from(value ?? "", "base64")
        .toString()
        .split(":")[0];
    });
    return stored.filter((one) => !numbers.includes(one));
  }
}
