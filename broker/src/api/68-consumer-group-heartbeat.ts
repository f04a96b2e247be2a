/**
 * ConsumerGroupHeartbeat (key 68), v0–1: joins, stays in and leaves a group of the consumer protocol, whose
 * partitions the broker shares out (KIP-848).
 *
 * v1 subscription by regular expression; the member makes its own id (KIP-1082). Not served: racks do not
 * weigh in assignments. Errors here: GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED; the rest
 * from `GroupCoordinator.consumerHeartbeat`.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { ConsumerGroupHeartbeatApi } from "@runnel/protocol/messages/68-consumer-group-heartbeat.ts";
import {
  type ConsumerHeartbeatResult,
  refusedHeartbeat,
} from "#coordinator/consumer-group/events.ts";
import type { GroupServices } from "./group-services.ts";
import type { Handler } from "./handler.ts";

export const consumerGroupHeartbeat: Handler<typeof ConsumerGroupHeartbeatApi, GroupServices> = {
  api: ConsumerGroupHeartbeatApi,
  versions: [0, 1],
  async handle(request, { authorizer, groups }, context) {
    const { principal, apiVersion, clientId, clientHost } = context;
    const { groupId, memberId } = request;
    const mayDescribe = (topic: string) => authorizer.allows(principal, "describe", "topic", topic);
    if (!authorizer.allows(principal, "read", "group", groupId)) {
      const errorCode = ErrorCode.GROUP_AUTHORIZATION_FAILED;
      return toResponse(refusedHeartbeat(errorCode, null, memberId));
    }
    if (request.subscribedTopicNames?.every(mayDescribe) === false) {
      const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
      return toResponse(refusedHeartbeat(errorCode, null, memberId));
    }
    const result = await groups.consumerHeartbeat({
      apiVersion,
      groupId,
      memberId,
      memberEpoch: request.memberEpoch,
      groupInstanceId: request.instanceId,
      rackId: request.rackId,
      rebalanceTimeoutMs: request.rebalanceTimeoutMs,
      topicNames: request.subscribedTopicNames,
      topicRegex: request.subscribedTopicRegex,
      serverAssignor: request.serverAssignor,
      reported: request.topicPartitions,
      clientId,
      clientHost,
      mayDescribe,
    });
    return toResponse(result);
  },
};

function toResponse(result: ConsumerHeartbeatResult): ResponseOf<typeof ConsumerGroupHeartbeatApi> {
  const { errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs } = result;
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    memberId,
    memberEpoch,
    heartbeatIntervalMs,
    assignment: result.assignment && {
      topicPartitions: Array.from(result.assignment, ([topicId, partitions]) => ({
        topicId,
        partitions,
      })),
    },
  };
}
