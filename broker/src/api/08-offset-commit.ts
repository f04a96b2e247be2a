/**
 * OffsetCommit (key 8), v2–10: stores a group's position in partitions.
 *
 * v2–4 with a retention time of their own · v6 leader epoch · v7 group instance id (KIP-345) · v9
 * GROUP_ID_NOT_FOUND for a missing group, member epochs (KIP-848) · v10 topic ids. Not served: nothing.
 * Errors here, per partition: GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED,
 * UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID; the rest from `GroupCoordinator.commitOffsets`.
 */

import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetCommitApi } from "@runnel/protocol/messages/08-offset-commit.ts";
import type { OffsetToCommit } from "#coordinator/group/events.ts";
import { actorOf } from "./actor.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { type OffsetPlan, plannedCode, planOffsets } from "./offset-plans.ts";

type Request = RequestOf<typeof OffsetCommitApi>;
type RequestTopic = Request["topics"][number];

/** First version with topic ids instead of names. */
const TOPIC_IDS_SINCE = 10;

export const offsetCommit: Handler<typeof OffsetCommitApi, GroupServices> = {
  api: OffsetCommitApi,
  versions: [2, 10],
  async handle(request, services, context) {
    const { groupId, memberId, groupInstanceId, retentionTimeMs } = request;
    const offsets: OffsetToCommit[] = [];
    /** Per partition: an error, or the place in `offsets`. */
    const plans = request.topics.map((topic) =>
      planTopic(topic, groupId, offsets, services, context),
    );
    const actor = actorOf(context);
    const refused = plans[0]?.[0]?.errorCode;
    if (offsets.length === 0 && refused !== undefined) {
      const who = { groupId, memberId, groupInstanceId };
      const generationId = request.generationIdOrMemberEpoch;
      await services.groupChanges.refuseCommit(actor, { ...who, generationId }, refused);
    }
    const { errorCodes } =
      offsets.length === 0
        ? { errorCodes: [] }
        : await services.groupChanges.commitOffsets(actor, {
            apiVersion: context.apiVersion,
            groupId,
            memberId,
            groupInstanceId,
            generationId: request.generationIdOrMemberEpoch,
            retentionTimeMs,
            offsets,
          });
    return {
      throttleTimeMs: 0,
      topics: request.topics.map(({ name, topicId, partitions }, t) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }, p) => {
          return { partitionIndex, errorCode: plannedCode(plans[t]?.[p], errorCodes) };
        }),
      })),
    };
  },
};

/** Appends to `offsets` what may be committed of the topic; says for each partition what becomes of it. */
function planTopic(
  { name, topicId, partitions }: RequestTopic,
  groupId: string,
  offsets: OffsetToCommit[],
  { authorizer, topics }: GroupServices,
  { apiVersion, principal }: RequestContext,
): readonly OffsetPlan[] {
  const hasIds = apiVersion >= TOPIC_IDS_SINCE;
  const topic = hasIds ? topics.byId(topicId) : topics.byName(name);
  const errorCode = !authorizer.allows(principal, "read", "group", groupId)
    ? ErrorCode.GROUP_AUTHORIZATION_FAILED
    : hasIds && topic === undefined
      ? ErrorCode.UNKNOWN_TOPIC_ID
      : !authorizer.allows(principal, "read", "topic", topic?.name ?? name)
        ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
        : null;
  if (errorCode !== null) return partitions.map(() => ({ errorCode }));
  return planOffsets(topic, partitions, offsets);
}
