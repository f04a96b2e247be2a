import { describe, expect } from "vitest";
import { waitFor } from "../../harness/wait.ts";
import { type Bench, READ_WITHIN_MS } from "../bench.ts";
import type { JoinGroup } from "../calls.ts";
import { numbered } from "../dataset.ts";
import { GroupBench, PARTITIONS, values } from "./group-bench.ts";

export function groups(bench: Bench): void {
  const scenario = (run: (group: GroupBench) => Promise<void>) => async () => {
    const topic = await bench.topic(PARTITIONS.length);
    await run(new GroupBench(bench, topic, bench.name("group")));
  };

  describe("consumer groups", () => {
    bench.test(
      "members share the partitions as they come and go",
      ["join"],
      scenario(shareAsMembersComeAndGo),
    );
    bench.test(
      "a group resumes where it committed, not where it read",
      ["explicit commit"],
      scenario(resumeWhereCommitted),
    );
    bench.test(
      "cooperative rebalancing moves half of the partitions",
      ["cooperative"],
      scenario(rebalanceCooperatively),
    );
    bench.test(
      "KIP-345: a static member that is away keeps its partitions",
      ["static member"],
      scenario(keepPartitionsOfStaticMember),
    );
  });
}

async function shareAsMembersComeAndGo(group: GroupBench): Promise<void> {
  const first = await group.join();
  await group.shared([first]);
  await group.flow("alone", [first]);
  await group.commit([first], 10);

  const second = await group.join();
  await group.shared([first, second]);
  await group.flow("two", [first, second]);
  await group.commit([first, second], 20);

  await group.leave(first);
  await group.shared([second]);
  await group.flow("one left", [second]);
  await group.commit([second], 30);

  const third = await group.join();
  await group.shared([second, third]);
  await group.leave(second);
  await group.shared([third]);
  await group.flow("newcomer", [third]);
  await group.commit([third], 40);
  await group.leave(third);
  await waitFor("everything is committed", async () => {
    const offsets = await group.committed();
    return PARTITIONS.every((partition) => offsets[partition] === 40);
  });
}

async function resumeWhereCommitted(group: GroupBench): Promise<void> {
  const first = await group.join();
  await group.flow("committed", [first]);
  await group.commit([first], 10);
  await group.flow("read only", [first]);
  await group.leave(first);

  const second = await group.join();
  const got = await group.client.read({ consumer: second, count: 40, withinMs: READ_WITHIN_MS });
  await group.leave(second);
  expect(values(got)).toEqual(values(numbered("read only", 40, PARTITIONS)));
  expect(await group.committed()).toEqual({ 0: 10, 1: 10, 2: 10, 3: 10 });
}

async function rebalanceCooperatively(group: GroupBench): Promise<void> {
  const cooperative: Partial<JoinGroup> = { assignor: "cooperative" };
  const first = await group.join(cooperative);
  await group.shared([first]);
  await group.flow("alone", [first]);
  await group.commit([first], 10);
  const second = await group.join(cooperative);
  await group.shared([first, second]);
  await group.flow("two", [first, second]);
  await group.leave(first);
  await group.shared([second]);
  await group.leave(second);
}

async function keepPartitionsOfStaticMember(group: GroupBench): Promise<void> {
  const first = await group.join({ instanceId: "one" });
  await group.shared([first]);
  const second = await group.join({ instanceId: "two" });
  await group.shared([first, second]);
  const [away, kept] = [await group.assignment(first), await group.assignment(second)];

  await group.leave(first);
  expect(await group.describe()).toEqual({ state: "Stable", memberCount: 2 });
  expect(await group.assignment(second)).toEqual(kept);

  const again = await group.join({ instanceId: "one" });
  await waitFor("the static member has its partitions back", async () => {
    const now = await group.assignment(again);
    return now.join() === away.join();
  });
  await group.flow("back", [again, second]);
  await group.leave(again);
  await group.leave(second);
}
