import { describe, expect } from "vitest";
import { waitFor } from "../../harness/wait.ts";
import type { Bytes, Client, JoinGroup } from "../calls.ts";
import { numbered } from "../dataset.ts";
import { type Bench, READ_WITHIN_MS } from "../suite.ts";

const PARTITIONS = [0, 1, 2, 3];
const REBALANCED_WITHIN_MS = 30_000;

export function groups(bench: Bench): void {
  const values = (records: readonly { readonly value: Bytes }[]): readonly Bytes[] =>
    records.map(({ value }) => value).toSorted();

  /** Produces through the support client, and has all of it read by the members together. */
  const flow = async (topic: string, label: string, members: readonly string[]): Promise<void> => {
    const records = numbered(label, 40, PARTITIONS);
    await bench.support.produce({ topic, records, codec: "none", acks: -1 });
    const wanted = values(records);
    const got: Bytes[] = [];
    await waitFor(`the members have read all of ${label}`, async () => {
      const parts = await Promise.all(
        members.map((consumer) =>
          bench.client.read({ consumer, count: records.length, withinMs: 50 }),
        ),
      );
      got.push(...values(parts.flat()));
      return wanted.every((value) => got.includes(value));
    });
    const isExact = bench.kind.lacks["clean handover"] === undefined;
    expect(isExact ? got.toSorted() : [...new Set(got)].toSorted()).toEqual(wanted);
  };

  const join = (member: string, group: string, topic: string, more: Partial<JoinGroup> = {}) =>
    bench.client.join({
      consumer: member,
      group,
      topics: [topic],
      protocol: "classic",
      assignor: "range",
      ...more,
    });

  const commitAll = async (members: readonly string[]): Promise<void> => {
    await Promise.all(members.map((consumer) => bench.client.commit({ consumer })));
  };

  /** Clients that commit by themselves do so when they lose a partition, and otherwise late. */
  const committed = async (group: string, topic: string, each: number): Promise<void> => {
    if (bench.kind.lacks["explicit commit"] === undefined) {
      const offsets = await bench.support.committedOffsets({ group, topic });
      expect(offsets).toEqual(Object.fromEntries(PARTITIONS.map((partition) => [partition, each])));
    }
  };

  describe("consumer groups", () => {
    bench.test("members share the partitions as they come and go", ["join"], async () => {
      const { client } = bench;
      const topic = await bench.topic(PARTITIONS.length);
      const group = bench.name("group");
      const [first, second, third] = [bench.name("a"), bench.name("b"), bench.name("c")];

      await join(first, group, topic);
      await shared(client, topic, [first]);
      await flow(topic, "alone", [first]);
      await commitAll([first]);
      await committed(group, topic, 10);

      await join(second, group, topic);
      await shared(client, topic, [first, second]);
      await flow(topic, "two", [first, second]);
      await commitAll([first, second]);
      await committed(group, topic, 20);

      await client.close({ consumer: first });
      await shared(client, topic, [second]);
      await flow(topic, "one left", [second]);
      await commitAll([second]);
      await committed(group, topic, 30);

      await join(third, group, topic);
      await shared(client, topic, [second, third]);
      await client.close({ consumer: second });
      await shared(client, topic, [third]);
      await flow(topic, "newcomer", [third]);
      await commitAll([third]);
      await client.close({ consumer: third });
      await waitFor("everything is committed", async () => {
        const offsets = await bench.support.committedOffsets({ group, topic });
        return PARTITIONS.every((partition) => offsets[partition] === 40);
      });
    });

    bench.test(
      "a group resumes where it committed, not where it read",
      ["explicit commit"],
      async () => {
        const { client, support } = bench;
        const topic = await bench.topic(PARTITIONS.length);
        const group = bench.name("group");
        const first = bench.name("a");
        await join(first, group, topic);
        await flow(topic, "committed", [first]);
        await commitAll([first]);
        await committed(group, topic, 10);
        await flow(topic, "read only", [first]);
        await client.close({ consumer: first });

        const second = bench.name("b");
        await join(second, group, topic);
        const got = await client.read({ consumer: second, count: 40, withinMs: READ_WITHIN_MS });
        await client.close({ consumer: second });
        expect(values(got)).toEqual(
          numbered("read only", 40, PARTITIONS)
            .map(({ value }) => value)
            .toSorted(),
        );
        expect(await support.committedOffsets({ group, topic })).toEqual({
          0: 10,
          1: 10,
          2: 10,
          3: 10,
        });
      },
    );

    bench.test(
      "cooperative rebalancing moves half of the partitions",
      ["cooperative"],
      async () => {
        const { client } = bench;
        const topic = await bench.topic(PARTITIONS.length);
        const group = bench.name("group");
        const [first, second] = [bench.name("a"), bench.name("b")];
        const cooperative = { assignor: "cooperative" } as const;
        await join(first, group, topic, cooperative);
        await shared(client, topic, [first]);
        await flow(topic, "alone", [first]);
        await commitAll([first]);
        await join(second, group, topic, cooperative);
        await shared(client, topic, [first, second]);
        await flow(topic, "two", [first, second]);
        await client.close({ consumer: first });
        await shared(client, topic, [second]);
        await client.close({ consumer: second });
      },
    );

    bench.test(
      "KIP-345: a static member that is away keeps its partitions",
      ["static member"],
      async () => {
        const { client } = bench;
        const topic = await bench.topic(PARTITIONS.length);
        const group = bench.name("group");
        const [first, second, again] = [bench.name("a"), bench.name("b"), bench.name("a")];
        await join(first, group, topic, { instanceId: "one" });
        await shared(client, topic, [first]);
        await join(second, group, topic, { instanceId: "two" });
        await shared(client, topic, [first, second]);
        const before = await client.assignment({ consumer: first });
        const kept = await client.assignment({ consumer: second });
        await client.close({ consumer: first });
        expect(await bench.support.describeGroup({ group })).toEqual({
          state: "Stable",
          memberCount: 2,
        });
        expect(await client.assignment({ consumer: second })).toEqual(kept);
        await join(again, group, topic, { instanceId: "one" });
        await waitFor("the static member has its partitions back", async () => {
          const now = await client.assignment({ consumer: again });
          return now.join() === before.join();
        });
        await flow(topic, "back", [again, second]);
        await client.close({ consumer: again });
        await client.close({ consumer: second });
      },
    );
  });
}

/** Waits until the members own every partition of the topic once, in equal numbers. */
async function shared(client: Client, topic: string, members: readonly string[]): Promise<void> {
  const all = PARTITIONS.map((partition) => `${topic}/${partition}`);
  let last: readonly (readonly string[])[] = [];
  await waitFor(
    `${members.length} members share ${topic}`,
    async () => {
      last = await Promise.all(members.map((consumer) => client.assignment({ consumer })));
      const isEven = last.every((owned) => owned.length === all.length / members.length);
      return isEven && last.flat().toSorted().join() === all.join();
    },
    { withinMs: REBALANCED_WITHIN_MS },
  ).catch((error: unknown) => {
    throw new Error(`the members have ${JSON.stringify(last)}`, { cause: error });
  });
}
