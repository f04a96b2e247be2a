/** The members of one group, who come and go. */
import { ConsumerMember } from "../clients/consumer-member.ts";
import { GroupMember } from "../clients/group-member.ts";
import type { WireClient } from "../clients/wire-client.ts";
import type { Stage } from "../stage.ts";
import type { Chance } from "../world/chance.ts";
import { Life } from "../world/life.ts";

interface Role {
  readonly member: Pick<GroupMember, "run" | "leave">;
  readonly life: Life;
  readonly client: WireClient;
}

export class GroupCast {
  readonly group: string;
  readonly #stage: Stage;
  readonly #chance: Chance;
  readonly #sessionMs: number;
  readonly #rebalanceMs: number;
  readonly #hasStaticMembers: boolean;
  /** Whether the broker makes the assignment (KIP-848). */
  readonly #isByServer: boolean;
  readonly #assignor: "uniform" | "range" | null;
  #roles: Role[] = [];
  #count = 0;

  constructor(stage: Stage, group: string) {
    this.#stage = stage;
    this.group = group;
    this.#chance = stage.chance(`group ${group}`);
    this.#sessionMs = this.#chance.pick([1_000, 3_000, 10_000]);
    this.#rebalanceMs = this.#chance.pick([1_000, 5_000]);
    this.#hasStaticMembers = this.#chance.happens(0.25);
    this.#isByServer = this.#chance.happens(0.5);
    this.#assignor = this.#chance.pick(["uniform", "range", null]);
    stage.history.readers.set(group, stage.partitions);
  }

  start(count: number): void {
    for (let index = 0; index < count; index += 1) this.#enter(index);
  }

  /** Somebody comes, goes in order, or is gone; there is always one left. */
  change(): void {
    const { length } = this.#roles;
    const what = this.#chance.below(3);
    if (length < 2 || (what === 0 && length < 4)) {
      this.#enter(this.#count);
      return;
    }
    const [role] = this.#roles.splice(this.#chance.below(length), 1) as [Role];
    if (what === 1) role.member.leave();
    else {
      role.life.end();
      role.client.close();
    }
  }

  #enter(index: number): void {
    const stage = this.#stage;
    this.#count += 1;
    const name = `${this.group}/${this.#count}`;
    const life = new Life();
    const chance = stage.chance(`member ${name}`);
    const client = stage.client(name, life);
    const fetcher = stage.fetcher(name, chance.pick(["read_uncommitted", "read_committed"]), {
      life,
    });
    const { time, history, plan } = stage;
    const common = {
      name,
      group: this.group,
      client,
      fetcher,
      plans: plan.topics,
      history,
      chance,
      time,
      life,
      sessionMs: this.#sessionMs,
      rebalanceMs: this.#rebalanceMs,
      commitShare: chance.pick([0.2, 1]),
      pauseShare: () => (stage.isOver ? 0 : 0.01),
    };
    const member = this.#isByServer
      ? new ConsumerMember({ ...common, topics: stage.topics(), assignor: this.#assignor })
      : new GroupMember({
          ...common,
          joinVersion: chance.pick([5, 6, 7, 9]),
          commitVersion: chance.pick([7, 8, 9]),
          instanceId: this.#hasStaticMembers ? `${this.group}-${index % 4}` : null,
        });
    this.#roles.push({ member, life, client });
    void member.run();
  }
}
