/**
 * A member of a consumer group by the classic protocol: joins, gets or makes the assignment, reads from
 * the committed offsets on, commits, and joins again whenever it is told to.
 */

import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "@runnel/protocol/coordinator-records/consumer-protocol.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { JoinGroupApi } from "@runnel/protocol/messages/11-join-group.ts";
import { HeartbeatApi } from "@runnel/protocol/messages/12-heartbeat.ts";
import { LeaveGroupApi } from "@runnel/protocol/messages/13-leave-group.ts";
import { SyncGroupApi } from "@runnel/protocol/messages/14-sync-group.ts";
import type { History } from "../history.ts";
import type { Chance } from "../world/chance.ts";
import type { Life } from "../world/life.ts";
import type { SimTime } from "../world/time.ts";
import { fetchOffsets } from "./committed-offsets.ts";
import type { Fetcher } from "./fetcher.ts";
import { commitOffsets } from "./offset-commits.ts";
import { partitionsOf, type TopicPlan } from "./topics.ts";
import type { WireClient } from "./wire-client.ts";

const TIMEOUT_MS = 5_000;
const RETRY_MS = 100;
const POLL_MS = 200;
const PROTOCOL = "range";

export interface GroupMemberOptions {
  readonly name: string;
  readonly group: string;
  /** To the coordinator. */
  readonly client: WireClient;
  readonly fetcher: Fetcher;
  readonly plans: readonly TopicPlan[];
  readonly history: History;
  readonly chance: Chance;
  readonly time: SimTime;
  readonly life: Life;
  readonly sessionMs: number;
  readonly rebalanceMs: number;
  /** Versions of JoinGroup and of OffsetCommit. */
  readonly joinVersion: number;
  readonly commitVersion: number;
  readonly instanceId: string | null;
  /** Part of the polls behind which it commits. */
  readonly commitShare: number;
  /** Part of the polls, now, behind which it stands still until the group goes on without it. */
  pauseShare(): number;
}

type State =
  | { readonly kind: "outside" }
  /** `assignments` are those that the leader has to hand in. */
  | { readonly kind: "joined"; readonly generation: number; readonly assignments: Assignments }
  | { readonly kind: "member"; readonly generation: number };

type Assignments = readonly { readonly memberId: string; readonly assignment: Uint8Array }[];

const REJOIN: ReadonlySet<number> = new Set([
  ErrorCode.REBALANCE_IN_PROGRESS,
  ErrorCode.ILLEGAL_GENERATION,
]);
/** The coordinator does not know the member any more: it begins anew, without an id. */
const FORGOTTEN: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
]);

export class GroupMember {
  readonly #options: GroupMemberOptions;
  #memberId = "";
  #state: State = { kind: "outside" };
  #isLeaving = false;
  #lastHeartbeat = 0;
  /** When the last request was sent from which the coordinator saw that the member lives; monotonic ms. */
  #heardAt = 0;
  /** What was committed last and read since, so that nothing is committed twice. */
  #committed = new Map<string, number>();

  constructor(options: GroupMemberOptions) {
    this.#options = options;
  }

  /** Ends after the poll under way, with LeaveGroup. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Resolves when it has left; never, when its life ends before. */
  async run(): Promise<void> {
    while (!this.#isLeaving) {
      if (this.#state.kind === "outside") await this.#join();
      else if (this.#state.kind === "joined") await this.#sync(this.#state);
      else await this.#work(this.#state.generation);
    }
    if (this.#memberId !== "") await this.#leave();
  }

  async #join(): Promise<void> {
    const { client, group, sessionMs, rebalanceMs, joinVersion, instanceId, plans } = this.#options;
    const metadata = encodeSubscription({ topics: plans.map(({ name }) => name) }, 0);
    const answer = await client.call(
      JoinGroupApi,
      joinVersion,
      {
        groupId: group,
        sessionTimeoutMs: sessionMs,
        rebalanceTimeoutMs: rebalanceMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType: "consumer",
        protocols: [{ name: PROTOCOL, metadata }],
      },
      { timeoutMs: rebalanceMs + TIMEOUT_MS },
    );
    if (answer === null) return;
    const { errorCode, memberId, generationId, leader, members, skipAssignment } = answer;
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = memberId;
      return;
    }
    if (errorCode !== ErrorCode.NONE) {
      if (FORGOTTEN.has(errorCode)) this.#memberId = "";
      await client.sleep(RETRY_MS);
      return;
    }
    this.#memberId = memberId;
    const isLeader = leader === memberId && !skipAssignment;
    const assignments = isLeader ? share(members, plans) : [];
    this.#state = { kind: "joined", generation: generationId, assignments };
  }

  async #sync({ generation, assignments }: State & { readonly kind: "joined" }): Promise<void> {
    const { client, group, instanceId, history, name, fetcher, time } = this.#options;
    const sentAt = time.monotonicMs();
    const answer = await client.call(
      SyncGroupApi,
      4,
      {
        groupId: group,
        generationId: generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        assignments,
      },
      { timeoutMs: this.#options.rebalanceMs + TIMEOUT_MS },
    );
    if (answer === null || answer.errorCode !== ErrorCode.NONE) {
      await this.#stumble(answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION);
      this.#state = { kind: "outside" };
      return;
    }
    this.#heardAt = sentAt;
    const partitions = decodeAssignment(answer.assignment).assignedPartitions.flatMap((one) =>
      one.partitions.map((index) => `${one.topic}-${index}`),
    );
    // Who comes with the instance id of another takes its place, in the same generation (KIP-345).
    history.assignments.push({ group, generation, member: instanceId ?? name, partitions });
    const committed = await this.#fetchCommitted(partitions);
    if (committed === null) {
      this.#state = { kind: "outside" };
      return;
    }
    this.#committed = committed;
    fetcher.assign(new Map([...committed].map(([key, offset]) => [key, Math.max(0, offset)])));
    this.#lastHeartbeat = time.monotonicMs();
    this.#state = { kind: "member", generation };
  }

  /** Asks until there is an answer for all; null when the member should join again. */
  async #fetchCommitted(partitions: readonly string[]): Promise<Map<string, number> | null> {
    const { client, group, name, history, time, sessionMs } = this.#options;
    const deadline = time.monotonicMs() + sessionMs;
    while (time.monotonicMs() < deadline) {
      const asked = { name, group, partitions, history };
      const found = await fetchOffsets(client, asked);
      if (found !== null) return found;
      await client.sleep(RETRY_MS);
    }
    return null;
  }

  async #work(generation: number): Promise<void> {
    const { client, fetcher, chance, time, sessionMs, commitShare, pauseShare } = this.#options;
    if (time.monotonicMs() - this.#lastHeartbeat > sessionMs / 3) {
      this.#lastHeartbeat = time.monotonicMs();
      if (!(await this.#heartbeat(generation))) return;
    }
    if (fetcher.positions.size > 0) await fetcher.poll(Math.min(POLL_MS, sessionMs / 4));
    else await client.sleep(POLL_MS);
    if (chance.happens(pauseShare())) await client.sleep(2 * sessionMs);
    if (chance.happens(commitShare)) await this.#commit(generation);
  }

  async #heartbeat(generation: number): Promise<boolean> {
    const { client, group, instanceId, time } = this.#options;
    const sentAt = time.monotonicMs();
    const answer = await client.call(
      HeartbeatApi,
      4,
      {
        groupId: group,
        generationId: generation,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
      },
      { timeoutMs: TIMEOUT_MS },
    );
    const errorCode = answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
    if (errorCode === ErrorCode.NONE) {
      this.#heardAt = sentAt;
      return true;
    }
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) this.#judgeExpiry();
    // As clients do: what was read is committed before the partitions go to somebody else.
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) await this.#commit(generation);
    await this.#stumble(errorCode);
    return false;
  }

  /** Time passes as the monotonic clock says; what the calendar says must not end a session. */
  #judgeExpiry(): void {
    const { time, name, history, instanceId, sessionMs, rebalanceMs } = this.#options;
    const sinceMs = time.monotonicMs() - this.#heardAt;
    // Another process may have taken the place of a static member.
    if (instanceId !== null || sinceMs >= Math.min(sessionMs, rebalanceMs)) return;
    const text = `${name}: unknown after ${sinceMs} of ${sessionMs} ms`;
    history.note("early expiry", text);
  }

  async #commit(generation: number): Promise<void> {
    const { client, group, instanceId, history, name, fetcher, commitVersion } = this.#options;
    const news = [...fetcher.positions].filter(
      ([partition, offset]) => offset > (this.#committed.get(partition) ?? -1),
    );
    if (news.length === 0) return;
    const { done, errorCode } = await commitOffsets(
      client,
      {
        name,
        group,
        history,
        version: commitVersion,
        memberId: this.#memberId,
        instanceId,
        epoch: generation,
        isRefusal,
      },
      new Map(news),
    );
    for (const [partition, offset] of done) this.#committed.set(partition, offset);
    if (errorCode !== ErrorCode.NONE) await this.#stumble(errorCode);
  }

  /** Goes on after an error as clients do. */
  async #stumble(errorCode: number): Promise<void> {
    if (REJOIN.has(errorCode)) this.#state = { kind: "outside" };
    else if (FORGOTTEN.has(errorCode)) {
      this.#memberId = "";
      this.#state = { kind: "outside" };
    } else await this.#options.client.sleep(RETRY_MS);
  }

  async #leave(): Promise<void> {
    const { client, group, instanceId } = this.#options;
    await client.call(
      LeaveGroupApi,
      4,
      {
        groupId: group,
        members: [{ memberId: this.#memberId, groupInstanceId: instanceId }],
      },
      { timeoutMs: TIMEOUT_MS },
    );
  }
}

function isRefusal(errorCode: number): boolean {
  return REJOIN.has(errorCode) || FORGOTTEN.has(errorCode);
}

/** Partitions in turn to the members that subscribe to their topic. */
function share(
  members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[],
  plans: readonly TopicPlan[],
): Assignments {
  const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const given = new Map(sorted.map(({ memberId }) => [memberId, new Map<string, number[]>()]));
  for (const plan of plans) {
    const takers = sorted.filter(({ metadata }) =>
      decodeSubscription(metadata).topics.includes(plan.name),
    );
    for (const [at, partition] of partitionsOf([plan]).entries()) {
      const taker = takers[at % takers.length];
      if (taker === undefined) continue;
      const topics = given.get(taker.memberId) as Map<string, number[]>;
      const index = Number(partition.slice(plan.name.length + 1));
      topics.set(plan.name, [...(topics.get(plan.name) ?? []), index]);
    }
  }
  return sorted.map(({ memberId }) => {
    const topics = given.get(memberId) as Map<string, number[]>;
    const assignedPartitions = [...topics].map(([topic, partitions]) => ({ topic, partitions }));
    return { memberId, assignment: encodeAssignment({ assignedPartitions }, 0) };
  });
}
