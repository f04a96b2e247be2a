/**
 * W4: members of groups come, go and die while producers send; somebody asks for the committed offsets
 * all the time. They never go back, also not while the coordinator is being loaded.
 */
import { monitorOffsets } from "../clients/committed-offsets.ts";
import type { Stage } from "../stage.ts";
import { GroupCast } from "./group-cast.ts";
import { settle, startProducers } from "./log.ts";

const BATCHES = 50;

export async function playGroup(stage: Stage): Promise<void> {
  const chance = stage.chance("group");
  const senders = startProducers(stage, 1, BATCHES);
  const casts = Array.from(
    { length: chance.between(1, 2) },
    (_, index) => new GroupCast(stage, `group${index}`),
  );
  const { history, partitions, plan, time } = stage;
  let isOver = false;
  for (const cast of casts) {
    cast.start(chance.between(1, 3));
    const name = `monitor of ${cast.group}`;
    const asked = { name, group: cast.group, partitions, history };
    void monitorOffsets(stage.client(name), asked, () => isOver);
  }
  const pauseMs = chance.pick([700, 2_000, 6_000]);
  const act = async (): Promise<void> => {
    const end = time.monotonicMs() + plan.spanMs;
    while (time.monotonicMs() < end) {
      await time.sleep(chance.between(1, 2 * pauseMs));
      chance.pick(casts as [GroupCast, ...GroupCast[]]).change();
    }
  };
  await Promise.all([act(), stage.nemesis.run()]);
  await settle(stage, senders);
  await stage.nemesis.restart(plan.isDurable ? "power" : "kill");
  await time.sleep(3_000);
  isOver = true;
}
