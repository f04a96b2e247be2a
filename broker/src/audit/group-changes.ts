/**
 * The one way to administrative changes of groups, with their entries in the audit log. What members do
 * for themselves is passed on and not told.
 */
import type { AuditOperation } from "@runnel/contracts/audit.ts";
import type { Clock } from "@runnel/kit/world.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type {
  CommitResult,
  DeleteOffsetsResult,
  ErrorResult,
  FetchOffsetsResult,
  LeaveResult,
  TopicPartitions,
} from "#coordinator/group/events.ts";
import type {
  CommitInput,
  DeleteOptions,
  GroupCoordinator,
} from "#coordinator/group-coordinator.ts";
import type { Actor } from "./actor.ts";
import { type Audit, tell } from "./audit-log.ts";
import { list } from "./cut.ts";
import { type Entry, groupResource, resultOf, resultOfAll } from "./entries.ts";
import { Outsiders } from "./outsiders.ts";

export interface GroupChangesOptions {
  readonly groups: Pick<
    GroupCoordinator,
    "commitOffsets" | "fetchOffsets" | "deleteOffsets" | "deleteGroup" | "leave"
  >;
  readonly audit: Audit;
  readonly clock: Clock;
}

const DO_IT: DeleteOptions = { isValidateOnly: false };

type LeaveInput = Parameters<GroupCoordinator["leave"]>[0];

export class GroupChanges {
  readonly #options: GroupChangesOptions;
  readonly #outsiders = new Outsiders();

  constructor(options: GroupChangesOptions) {
    this.#options = options;
  }

  /** A commit that may not be made. Told where `commitOffsets` would be. */
  async refuseCommit(
    actor: Actor,
    input: Pick<CommitInput, "groupId" | "generationId">,
    errorCode: ErrorCode,
  ): Promise<void> {
    if (isMember(input) || !this.#isAdministrator(actor, input.groupId)) return;
    await this.#refuse(actor, "group.offsets.change", input.groupId, errorCode);
  }

  /** Stores offsets. Told where somebody who is no member moves them (see `Outsiders`). */
  commitOffsets(actor: Actor, input: CommitInput): Promise<CommitResult> {
    const { groups } = this.#options;
    if (isMember(input) || input.offsets.length === 0) return groups.commitOffsets(input);
    // Both are handed to the group before anything else can be: the one sees what the other replaces.
    const looking = groups.fetchOffsets({
      groupId: input.groupId,
      topics: byTopic(input.offsets),
      requireStable: false,
    });
    const committing = groups.commitOffsets(input);
    return this.#tellCommit(actor, input, looking, committing);
  }

  async #tellCommit(
    actor: Actor,
    { groupId, offsets }: CommitInput,
    looking: Promise<FetchOffsetsResult>,
    committing: Promise<CommitResult>,
  ): Promise<CommitResult> {
    const [found, result] = await Promise.all([looking, committing]);
    const before = offsetsOf(found);
    const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`;
    const known = new Map(before.map((one) => [placeOf(one.topic, one.partition), one.offset]));
    const previous = offsets.map(({ topic, partition }) => known.get(placeOf(topic, partition)));
    const isBack = offsets.some(({ offset }, at) => offset < (previous[at] ?? 0));
    if (!isBack && !this.#isAdministrator(actor, groupId)) return result;
    const states = (value: (at: number) => number | null) =>
      list(offsets.map(({ topic, partition }, at) => ({ topic, partition, offset: value(at) })));
    await tell(this.#options.audit, actor, [
      {
        operation: "group.offsets.change",
        resource: groupResource(groupId),
        asked: states((at) => offsets[at]?.offset ?? null),
        before: states((at) => previous[at] ?? null),
        after: states((at) => {
          const isDone = result.errorCodes[at] === ErrorCode.NONE;
          return (isDone ? offsets[at]?.offset : previous[at]) ?? null;
        }),
        result: resultOfAll(result.errorCodes),
      },
    ]);
    return result;
  }

  #isAdministrator({ via, connectionId }: Actor, groupId: string): boolean {
    if (via === "admin" || connectionId === null) return true;
    return this.#outsiders.isEarly(connectionId, groupId, this.#options.clock.monotonicMs());
  }

  async deleteOffsets(
    actor: Actor,
    groupId: string,
    topics: readonly TopicPartitions[],
    options: DeleteOptions = DO_IT,
  ): Promise<DeleteOffsetsResult> {
    const { groups, audit } = this.#options;
    if (options.isValidateOnly) return await groups.deleteOffsets(groupId, topics, options);
    const looking = groups.fetchOffsets({ groupId, topics, requireStable: false });
    const deleting = groups.deleteOffsets(groupId, topics, options);
    const [found, result] = await Promise.all([looking, deleting]);
    const codes = new Map(
      result.topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, errorCode }) => [`${topic}/${partition}`, errorCode] as const),
      ),
    );
    const isOff = ({ topic, partition }: { topic: string; partition: number }): boolean =>
      codes.get(`${topic}/${partition}`) === ErrorCode.NONE;
    const before = offsetsOf(found);
    const isRefused = result.errorCode !== ErrorCode.NONE;
    await tell(audit, actor, [
      {
        operation: "group.offsets.delete",
        resource: groupResource(groupId),
        asked: list(
          topics.map(({ topic, partitions }) => ({ topic, partitions: list(partitions) })),
        ),
        before: isRefused ? null : list(before),
        after: isRefused ? null : list(before.filter((one) => !isOff(one))),
        result: isRefused
          ? resultOf({ errorCode: result.errorCode, message: null })
          : resultOfAll([...codes.values()]),
      },
    ]);
    return result;
  }

  async deleteGroup(
    actor: Actor,
    groupId: string,
    options: DeleteOptions = DO_IT,
  ): Promise<ErrorResult> {
    const { groups, audit } = this.#options;
    if (options.isValidateOnly) return await groups.deleteGroup(groupId, options);
    const looking = groups.fetchOffsets({ groupId, topics: null, requireStable: false });
    const deleting = groups.deleteGroup(groupId, options);
    const [found, result] = await Promise.all([looking, deleting]);
    const isDone = result.errorCode === ErrorCode.NONE;
    await tell(audit, actor, [
      {
        operation: "group.delete",
        resource: groupResource(groupId),
        asked: null,
        before: isDone ? { offsets: list(offsetsOf(found)) } : null,
        after: null,
        result: resultOf({ errorCode: result.errorCode, message: null }),
      },
    ]);
    return result;
  }

  /** As `leave`, for somebody who may not. */
  async refuseLeave(
    actor: Actor,
    { groupId, members }: LeaveInput,
    errorCode: ErrorCode,
  ): Promise<void> {
    if (!isRemoval(members)) return;
    await this.#refuse(actor, "group.members.remove", groupId, errorCode);
  }

  async #refuse(
    actor: Actor,
    operation: AuditOperation,
    groupId: string,
    errorCode: ErrorCode,
  ): Promise<void> {
    const states = { asked: null, before: null, after: null };
    const result = resultOf({ errorCode, message: null });
    const entry = { operation, resource: groupResource(groupId), ...states, result };
    await tell(this.#options.audit, actor, [entry]);
  }

  /** Members leave; told where several are sent away at once, or one by the name of its instance alone. */
  async leave(actor: Actor, input: LeaveInput): Promise<LeaveResult> {
    const result = await this.#options.groups.leave(input);
    const { groupId, members } = input;
    if (!isRemoval(members)) return result;
    const identities = list(
      members.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId })),
    );
    const left = result.members.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
    const entry: Entry = {
      operation: "group.members.remove",
      resource: groupResource(groupId),
      asked: identities,
      before: null,
      after: null,
      result:
        result.errorCode === ErrorCode.NONE
          ? resultOfAll(result.members.map(({ errorCode }) => errorCode))
          : resultOf({ errorCode: result.errorCode, message: null }),
    };
    await tell(this.#options.audit, actor, [
      { ...entry, before: list(left.map(({ memberId }) => ({ memberId }))) },
    ]);
    return result;
  }
}

/**
 * Whether a commit speaks for a member of the group: only a generation is held against the group in every
 * state. Ids without one are taken unseen where the group is empty.
 */
function isMember({ generationId }: Pick<CommitInput, "generationId">): boolean {
  return generationId >= 0;
}

/** Whether members are sent away: one that leaves by itself gives its own id. */
function isRemoval(members: LeaveInput["members"]): boolean {
  const [first] = members;
  return members.length > 1 || (first?.memberId === "" && first.groupInstanceId !== null);
}

function byTopic(offsets: CommitInput["offsets"]): readonly TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of offsets) {
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [partition]);
    else known.push(partition);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}

/** What is committed, partition by partition. */
function offsetsOf(
  found: FetchOffsetsResult,
): readonly { readonly topic: string; readonly partition: number; readonly offset: number }[] {
  return found.topics.flatMap(({ topic, partitions }) =>
    partitions.flatMap(({ partition, value }) =>
      value === null ? [] : [{ topic, partition, offset: value.offset }],
    ),
  );
}
