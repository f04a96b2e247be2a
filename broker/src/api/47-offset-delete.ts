/**
 * OffsetDelete (key 47), v0: removes committed offsets of topics a group no longer uses (KIP-496).
 *
 * Not served: nothing. Errors here: GROUP_AUTHORIZATION_FAILED for the whole,
 * TOPIC_AUTHORIZATION_FAILED and UNKNOWN_TOPIC_OR_PARTITION per partition; the rest, with
 * GROUP_SUBSCRIBED_TO_TOPIC, from `GroupCoordinator.deleteOffsets`.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetDeleteApi } from "@runnel/protocol/messages/47-offset-delete.ts";
import { groupResource } from "#audit/entries.ts";
import { actorOf } from "./actor.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

type RequestTopic = RequestOf<typeof OffsetDeleteApi>["topics"][number];

export const offsetDelete: Handler<typeof OffsetDeleteApi, GroupServices> = {
  api: OffsetDeleteApi,
  versions: [0, 0],
  async handle({ groupId, topics }, services, context) {
    const { authorizer, groupChanges, changes } = services;
    const actor = actorOf(context);
    if (!authorizer.allows(context.principal, "delete", "group", groupId)) {
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
      const refusal = { resource: groupResource(groupId), errorCode, message: null };
      await changes.refuse(actor, [{ operation: "group.offsets.delete", ...refusal }]);
      return { throttleTimeMs: 0, errorCode, topics: [] };
    }
    const refusals = topics.map((topic) => refusalsOf(topic, services, context));
    const wanted = topics.map(({ name, partitions }, t) => ({
      topic: name,
      partitions: partitions
        .map(({ partitionIndex }) => partitionIndex)
        .filter((_, p) => refusals[t]?.[p] === ErrorCode.NONE),
    }));
    const deleted = await groupChanges.deleteOffsets(actor, groupId, wanted);
    if (deleted.errorCode !== ErrorCode.NONE) {
      return { throttleTimeMs: 0, errorCode: deleted.errorCode, topics: [] };
    }
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      topics: topics.map(({ name, partitions }, t) => {
        const answers = (deleted.topics[t]?.partitions ?? []).values();
        return {
          name,
          partitions: partitions.map(({ partitionIndex }, p) => {
            const refusal = refusals[t]?.[p] ?? ErrorCode.NONE;
            if (refusal !== ErrorCode.NONE) return { partitionIndex, errorCode: refusal };
            const errorCode = answers.next().value?.errorCode ?? ErrorCode.NONE;
            return { partitionIndex, errorCode };
          }),
        };
      }),
    };
  },
};

/** Per partition: why it is not looked at, or NONE. */
function refusalsOf(
  { name, partitions }: RequestTopic,
  { authorizer, topics }: GroupServices,
  { principal }: RequestContext,
): readonly ErrorCode[] {
  const isAllowed = authorizer.allows(principal, "read", "topic", name);
  const count = topics.byName(name)?.partitionCount ?? 0;
  return partitions.map(({ partitionIndex }) =>
    !isAllowed
      ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
      : partitionIndex < 0 || partitionIndex >= count
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : ErrorCode.NONE,
  );
}
