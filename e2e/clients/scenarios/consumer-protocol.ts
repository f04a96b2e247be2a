/** Groups whose partitions the broker shares out (KIP-848). */
import { describe, expect } from "vitest";
import { waitFor } from "../../harness/wait.ts";
import type { Bench } from "../bench.ts";
import type { JoinGroup } from "../calls.ts";
import { GroupBench, PARTITIONS } from "./group-bench.ts";

const CONSUMER: Partial<JoinGroup> = { protocol: "consumer" };

export function consumerProtocol(bench: Bench): void {
  const scenario = (run: (group: GroupBench) => Promise<void>) => async () => {
    const topic = await bench.topic(PARTITIONS.length);
    await run(new GroupBench(bench, topic, bench.name("group")));
  };

  describe("KIP-848 consumer groups", () => {
    bench.test(
      "members share the partitions as they come and go",
      ["consumer protocol"],
      scenario(shareAsMembersComeAndGo),
    );
    bench.test(
      "a group without members changes its protocol and keeps its offsets",
      ["consumer protocol", "explicit commit"],
      scenario(changeProtocol),
    );
    bench.test(
      "a group with members moves to the consumer protocol and back",
      ["consumer protocol", "explicit commit"],
      scenario((group) => moveWithMembers(group, "range")),
    );
    bench.test(
      "a group of the cooperative protocol moves to the consumer protocol and back",
      ["consumer protocol", "explicit commit", "cooperative"],
      scenario((group) => moveWithMembers(group, "cooperative")),
    );
    bench.test(
      "the broker finds the topics of an expression, also those that come later",
      ["consumer protocol", "topic pattern"],
      () => followPattern(bench),
    );
    bench.test(
      "a static member that is away keeps its partitions",
      ["consumer protocol", "static member"],
      scenario(keepPartitionsOfStaticMember),
    );
  });
}

async function shareAsMembersComeAndGo(group: GroupBench): Promise<void> {
  const first = await group.join(CONSUMER);
  await group.shared([first]);
  await group.flow("alone", [first]);
  await group.commit([first], 10);

  const second = await group.join(CONSUMER);
  await group.shared([first, second]);
  await group.flow("two", [first, second]);
  await group.commit([first, second], 20);

  await group.leave(first);
  await group.shared([second]);
  await group.flow("one left", [second]);
  await group.commit([second], 30);
  await group.leave(second);
  await waitFor("everything is committed", async () => {
    const offsets = await group.committed();
    return PARTITIONS.every((partition) => offsets[partition] === 30);
  });
}

async function changeProtocol(group: GroupBench): Promise<void> {
  const classic = await group.join();
  await group.flow("classic", [classic]);
  await group.commit([classic], 10);
  await group.leave(classic);

  const consumer = await group.join(CONSUMER);
  await group.shared([consumer]);
  await group.flow("consumer", [consumer]);
  await group.commit([consumer], 20);
  await group.leave(consumer);

  const again = await group.join();
  await group.shared([again]);
  await group.flow("classic again", [again]);
  await group.commit([again], 30);
  await group.leave(again);
}

async function followPattern(bench: Bench): Promise<void> {
  const prefix = bench.name("matched");
  const make = async (word: string, partitions: number): Promise<string> => {
    const topic = `${prefix}-${word}`;
    await bench.support.createTopic({ topic, partitions, configs: {} });
    return topic;
  };
  const first = await make("a", 2);
  await make("B", 1);
  const consumer = bench.name("member");
  const pattern = `${prefix}-[a-z]`;
  const group = bench.name("group");
  const subscription = { topics: [], assignor: "range", pattern } as const;
  await bench.client.join({ ...CONSUMER, ...subscription, consumer, group, protocol: "consumer" });
  const assigned = async (): Promise<string> =>
    (await bench.client.assignment({ consumer })).join();
  await waitFor("it reads what matches", async () => {
    return (await assigned()) === `${first}/0,${first}/1`;
  });
  const later = await make("c", 1);
  await waitFor(
    "it reads what came later",
    async () => (await assigned()) === `${first}/0,${first}/1,${later}/0`,
    { withinMs: 30_000 },
  );
  await bench.client.close({ consumer });
}

async function moveWithMembers(group: GroupBench, assignor: JoinGroup["assignor"]): Promise<void> {
  const old = await group.join({ assignor });
  await group.shared([old]);
  await group.flow("classic", [old]);
  await group.commit([old], 10);

  const first = await group.join(CONSUMER);
  await group.shared([old, first]);
  await group.flow("both", [old, first]);
  await group.commit([old, first], 20);

  await group.leave(old);
  await group.shared([first]);
  await group.flow("consumer", [first]);
  await group.commit([first], 30);

  const back = await group.join({ assignor });
  await group.shared([first, back]);
  await group.leave(first);
  await group.shared([back]);
  await group.flow("classic again", [back]);
  await group.commit([back], 40);
  await group.leave(back);
}

async function keepPartitionsOfStaticMember(group: GroupBench): Promise<void> {
  const first = await group.join({ ...CONSUMER, instanceId: "one" });
  await group.shared([first]);
  const second = await group.join({ ...CONSUMER, instanceId: "two" });
  await group.shared([first, second]);
  const [away, kept] = [await group.assignment(first), await group.assignment(second)];

  await group.leave(first);
  expect(await group.assignment(second)).toEqual(kept);

  const again = await group.join({ ...CONSUMER, instanceId: "one" });
  await waitFor("the static member has its partitions back", async () => {
    const now = await group.assignment(again);
    return now.join() === away.join();
  });
  await group.flow("back", [again, second]);
  await group.leave(again);
  await group.leave(second);
}
