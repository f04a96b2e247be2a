/**
 * A member of a consumer group by KIP-848: one heartbeat tells it what it has, takes from it what others
 * shall have, and hears what it has given up. It commits before it gives up a partition.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ConsumerGroupHeartbeatApi } from "@runnel/protocol/messages/68-consumer-group-heartbeat.ts";
import { fetchOffsets } from "./committed-offsets.ts";
import type { GroupMemberOptions } from "./group-member.ts";
import { commitOffsets } from "./offset-commits.ts";
import type { Topics } from "./topics.ts";

const TIMEOUT_MS = 5_000;
const RETRY_MS = 100;
const POLL_MS = 200;
const HEARTBEAT_VERSION = 1;
/** The first version that bears the epoch of a member. */
const COMMIT_VERSION = 9;
const JOIN_EPOCH = 0;
const LEAVE_EPOCH = -1;

const FORGOTTEN: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_MEMBER_EPOCH,
]);

export interface ConsumerMemberOptions
  extends Omit<GroupMemberOptions, "joinVersion" | "commitVersion" | "instanceId"> {
  readonly topics: Topics;
  readonly assignor: "uniform" | "range" | null;
}

export class ConsumerMember {
  readonly #options: ConsumerMemberOptions;
  readonly #memberId: string;
  #epoch = JOIN_EPOCH;
  #isLeaving = false;
  /** What it was given and reads. */
  #owned = new Set<string>();
  /** What it was told to have. */
  #target: ReadonlySet<string> = new Set();
  #nextHeartbeat = 0;
  #committed = new Map<string, number>();

  constructor(options: ConsumerMemberOptions) {
    this.#options = options;
    this.#memberId = `${options.name}-${options.chance.below(1_000_000)}`;
  }

  /** Ends after the poll under way, and tells the group. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Resolves when it has left; never, when its life ends before. */
  async run(): Promise<void> {
    const { topics, client, time } = this.#options;
    while (!topics.isKnown) await topics.refresh(client);
    while (!this.#isLeaving) {
      if (time.monotonicMs() >= this.#nextHeartbeat) await this.#heartbeat();
      if (this.#epoch !== JOIN_EPOCH) await this.#work();
    }
    await this.#commit();
    if (this.#epoch !== JOIN_EPOCH) await this.#call(LEAVE_EPOCH);
  }

  async #heartbeat(): Promise<void> {
    const { client, time, history, group, name, topics } = this.#options;
    const answer = await this.#call(this.#epoch);
    const errorCode = answer?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
    if (FORGOTTEN.has(errorCode)) {
      this.#forget();
      return;
    }
    if (answer === null || errorCode !== ErrorCode.NONE) {
      await client.sleep(RETRY_MS);
      return;
    }
    this.#epoch = answer.memberEpoch;
    this.#nextHeartbeat = time.monotonicMs() + answer.heartbeatIntervalMs;
    if (answer.assignment !== null) {
      const partitions = answer.assignment.topicPartitions.flatMap((one) =>
        one.partitions.map((index) => `${topics.nameOf(one.topicId)}-${index}`),
      );
      this.#target = new Set(partitions);
      history.assignments.push({ group, generation: this.#epoch, member: name, partitions });
    }
    await this.#reconcile();
  }

  /** With everything that it wants and has: a lost answer is made good by the next. */
  async #call(memberEpoch: number) {
    const { client, group, plans, rebalanceMs, topics, assignor } = this.#options;
    const byTopic = new Map<string, number[]>();
    for (const partition of this.#owned) {
      const { topic, index } = topics.find(partition);
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), index]);
    }
    const request = {
      groupId: group,
      memberId: this.#memberId,
      memberEpoch,
      rebalanceTimeoutMs: rebalanceMs,
      subscribedTopicNames: plans.map(({ name }) => name),
      serverAssignor: assignor,
      topicPartitions: [...byTopic].map(([topic, partitions]) => {
        return { topicId: topics.idOf(topic) as string, partitions };
      }),
    };
    return await client.call(ConsumerGroupHeartbeatApi, HEARTBEAT_VERSION, request, {
      timeoutMs: TIMEOUT_MS,
    });
  }

  /** Gives up what others shall have, and takes what it was given; the next heartbeat says so at once. */
  async #reconcile(): Promise<void> {
    const { fetcher, client, group, name, history, time } = this.#options;
    const isAsTold = this.#owned.size === this.#target.size && this.#owned.isSubsetOf(this.#target);
    if (isAsTold) return;
    if (!this.#owned.isSubsetOf(this.#target)) await this.#commit();
    if (this.#epoch === JOIN_EPOCH) return;
    const kept = this.#owned.intersection(this.#target);
    const positions = new Map([...fetcher.positions].filter(([partition]) => kept.has(partition)));
    const partitions = [...this.#target.difference(kept)];
    const committed = await fetchOffsets(client, { name, group, partitions, history });
    // Where it does not learn from where to read on, it asks again with the next heartbeat.
    for (const [partition, offset] of committed ?? []) {
      kept.add(partition);
      positions.set(partition, Math.max(0, offset));
      this.#committed.set(partition, offset);
    }
    this.#owned = kept;
    fetcher.assign(positions);
    this.#nextHeartbeat = time.monotonicMs();
  }

  async #work(): Promise<void> {
    const { client, fetcher, chance, sessionMs, commitShare, pauseShare } = this.#options;
    if (fetcher.positions.size > 0) await fetcher.poll(Math.min(POLL_MS, sessionMs / 4));
    else await client.sleep(POLL_MS);
    if (chance.happens(pauseShare())) await client.sleep(2 * sessionMs);
    if (chance.happens(commitShare)) await this.#commit();
  }

  async #commit(): Promise<void> {
    const { client, fetcher, name, group, history } = this.#options;
    const news = [...fetcher.positions].filter(
      ([partition, offset]) => offset > (this.#committed.get(partition) ?? -1),
    );
    if (news.length === 0 || this.#epoch === JOIN_EPOCH) return;
    const { memberId, epoch } = { memberId: this.#memberId, epoch: this.#epoch };
    const committer = { name, group, history, version: COMMIT_VERSION, memberId, epoch };
    const { done, errorCode } = await commitOffsets(
      client,
      { ...committer, instanceId: null, isRefusal },
      new Map(news),
    );
    for (const [partition, offset] of done) this.#committed.set(partition, offset);
    if (FORGOTTEN.has(errorCode)) this.#forget();
    else if (errorCode === ErrorCode.STALE_MEMBER_EPOCH) this.#nextHeartbeat = 0;
    else if (errorCode !== ErrorCode.NONE) await client.sleep(RETRY_MS);
  }

  /** The group goes on without it: it has nothing, and joins anew. */
  #forget(): void {
    this.#epoch = JOIN_EPOCH;
    this.#owned = new Set();
    this.#target = new Set();
    this.#committed = new Map();
    this.#nextHeartbeat = 0;
    this.#options.fetcher.assign(new Map());
  }
}

function isRefusal(errorCode: number): boolean {
  return FORGOTTEN.has(errorCode) || errorCode === ErrorCode.STALE_MEMBER_EPOCH;
}
