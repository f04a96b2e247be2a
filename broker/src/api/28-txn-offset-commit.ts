/**
 * TxnOffsetCommit (key 28), v0–5: stores a group's position as part of a transaction (KIP-98).
 *
 * v2 leader epoch · v3 generation, member and instance id (KIP-447); before, the group is not asked · v4
 * TRANSACTION_ABORTABLE (KIP-890) · v5 needs no AddOffsetsToTxn before it (KIP-890). Not served: v6.
 * Errors here, per partition: TRANSACTIONAL_ID_AUTHORIZATION_FAILED, GROUP_AUTHORIZATION_FAILED,
 * TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION; the rest from
 * `GroupCoordinator.commitInTransaction`.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { TxnOffsetCommitApi } from "@runnel/protocol/messages/28-txn-offset-commit.ts";
import type { OffsetToCommit } from "#coordinator/group/events.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { type OffsetPlan, plannedCode, planOffsets } from "./offset-plans.ts";

type Request = RequestOf<typeof TxnOffsetCommitApi>;
type RequestTopic = Request["topics"][number];

export const txnOffsetCommit: Handler<typeof TxnOffsetCommitApi, GroupServices> = {
  api: TxnOffsetCommitApi,
  versions: [0, 5],
  async handle(request, services, context) {
    const { groupId, producerId, producerEpoch } = request;
    const offsets: OffsetToCommit[] = [];
    const refusal = checkIds(request, services, context);
    /** Per partition: an error, or the place in `offsets`. */
    const plans = request.topics.map((topic) =>
      refusal === ErrorCode.NONE
        ? planTopic(topic, offsets, services, context)
        : topic.partitions.map(() => ({ errorCode: refusal })),
    );
    const { errorCodes } =
      offsets.length === 0
        ? { errorCodes: [] }
        : await services.groups.commitInTransaction({
            apiVersion: context.apiVersion,
            transactionalId: request.transactionalId,
            producer: { producerId, producerEpoch },
            groupId,
            memberId: request.memberId,
            groupInstanceId: request.groupInstanceId,
            generationId: request.generationIdOrMemberEpoch,
            offsets,
          });
    return {
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, partitions }, t) => ({
        name,
        partitions: partitions.map(({ partitionIndex }, p) => {
          return { partitionIndex, errorCode: plannedCode(plans[t]?.[p], errorCodes) };
        }),
      })),
    };
  },
};

/** Whoever may write with the transactional id may do so with the producer id that it has. */
function checkIds(
  { transactionalId, groupId }: Request,
  { authorizer }: GroupServices,
  { principal }: RequestContext,
): ErrorCode {
  if (!authorizer.allows(principal, "write", "transactionalId", transactionalId)) {
    return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  }
  const mayRead = authorizer.allows(principal, "read", "group", groupId);
  return mayRead ? ErrorCode.NONE : ErrorCode.GROUP_AUTHORIZATION_FAILED;
}

/** Appends to `offsets` what may be committed of the topic; says for each partition what becomes of it. */
function planTopic(
  { name, partitions }: RequestTopic,
  offsets: OffsetToCommit[],
  { authorizer, topics }: GroupServices,
  { principal }: RequestContext,
): readonly OffsetPlan[] {
  if (!authorizer.allows(principal, "read", "topic", name)) {
    return partitions.map(() => ({ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }));
  }
  return planOffsets(topics.byName(name), partitions, offsets);
}
