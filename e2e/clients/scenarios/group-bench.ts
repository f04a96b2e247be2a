/** One group on one topic of four partitions, and what its members do together. */
import assert from "node:assert/strict";
import { waitFor } from "../../harness/wait.ts";
import type { Bench } from "../bench.ts";
import type { Bytes, Client, GroupDescription, JoinGroup, Offsets } from "../calls.ts";
import { numbered } from "../dataset.ts";

export const PARTITIONS = [0, 1, 2, 3];
const REBALANCED_WITHIN_MS = 30_000;
const MOMENT_MS = 50;

/** The values in an order that does not depend on who read them when. */
export function values(records: readonly { readonly value: Bytes }[]): readonly Bytes[] {
  return sorted(records.map(({ value }) => value));
}

export class GroupBench {
  readonly client: Client;
  readonly #bench: Bench;
  readonly #topic: string;
  readonly #group: string;

  constructor(bench: Bench, topic: string, group: string) {
    this.client = bench.client;
    this.#bench = bench;
    this.#topic = topic;
    this.#group = group;
  }

  /** A new member, by the name of its consumer. */
  async join(more: Partial<JoinGroup> = {}): Promise<string> {
    const consumer = this.#bench.name("member");
    await this.client.join({
      consumer,
      group: this.#group,
      topics: [this.#topic],
      protocol: "classic",
      assignor: "range",
      ...more,
    });
    return consumer;
  }

  leave(consumer: string): Promise<void> {
    return this.client.close({ consumer });
  }

  assignment(consumer: string): Promise<readonly string[]> {
    return this.client.assignment({ consumer });
  }

  describe(): Promise<GroupDescription> {
    return this.#bench.support.describeGroup({ group: this.#group });
  }

  committed(): Promise<Offsets> {
    return this.#bench.support.committedOffsets({ group: this.#group, topic: this.#topic });
  }

  /** Waits until the members own every partition of the topic once, in equal numbers. */
  async shared(members: readonly string[]): Promise<void> {
    const all = PARTITIONS.map((partition) => `${this.#topic}/${partition}`);
    let last: readonly (readonly string[])[] = [];
    await waitFor(
      `${members.length} members share ${this.#topic}`,
      async () => {
        last = await Promise.all(members.map((consumer) => this.assignment(consumer)));
        const isEven = last.every((owned) => owned.length === all.length / members.length);
        return isEven && sorted(last.flat()).join() === all.join();
      },
      { withinMs: REBALANCED_WITHIN_MS },
    ).catch((error: unknown) => {
      throw new Error(`the members have ${JSON.stringify(last)}`, { cause: error });
    });
  }

  /** Produces 10 records to each partition, and has all of them read by the members together. */
  async flow(label: string, members: readonly string[]): Promise<void> {
    const records = numbered(label, 10 * PARTITIONS.length, PARTITIONS);
    await this.#bench.support.produce({ topic: this.#topic, records, codec: "none", acks: -1 });
    const wanted = values(records);
    const got: Bytes[] = [];
    await waitFor(`the members have read all of ${label}`, async () => {
      const parts = await Promise.all(
        members.map((consumer) =>
          this.client.read({ consumer, count: records.length, withinMs: MOMENT_MS }),
        ),
      );
      got.push(...values(parts.flat()));
      return wanted.every((value) => got.includes(value));
    });
    const isExact = this.#bench.kind.lacks["clean handover"] === undefined;
    assert.deepEqual(sorted(isExact ? got : [...new Set(got)]), wanted);
  }

  /** Commits what the members have read, `each` on every partition. Some clients do so when they like. */
  async commit(members: readonly string[], each: number): Promise<void> {
    await Promise.all(members.map((consumer) => this.client.commit({ consumer })));
    if (this.#bench.kind.lacks["explicit commit"] === undefined) {
      const all = PARTITIONS.map((partition) => [partition, each]);
      assert.deepEqual(await this.committed(), Object.fromEntries(all));
    }
  }
}

function sorted<T extends Bytes>(texts: readonly T[]): readonly T[] {
  return texts.toSorted((a, b) => String(a).localeCompare(String(b)));
}
