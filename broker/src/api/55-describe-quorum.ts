/**
 * DescribeQuorum (key 55), v0–2: who keeps the metadata of the cluster.
 *
 * v1 times of the last fetch (KIP-836) · v2 messages, nodes (KIP-853). There is no Raft quorum: the
 * metadata is in a store, and the one broker that holds the controller's seat writes it. It is shown as
 * a quorum of one voter, whose log end is the store's revision. Only `__cluster_metadata-0` exists;
 * anything else is UNKNOWN_TOPIC_OR_PARTITION. Errors: CLUSTER_AUTHORIZATION_FAILED.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeQuorumApi } from "@runnel/protocol/messages/55-describe-quorum.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

type PartitionAnswer = ResponseOf<typeof DescribeQuorumApi>["topics"][number]["partitions"][number];

/** The topic of the metadata log in KRaft; tools ask for it by name. */
const METADATA_TOPIC = "__cluster_metadata";

export const describeQuorum: Handler<typeof DescribeQuorumApi, AdminServices> = {
  api: DescribeQuorumApi,
  versions: [0, 2],
  handle(request, services, context) {
    const { authorizer, brokers, view } = services;
    if (!authorizer.allows(context.principal, "describe", "cluster", CLUSTER_RESOURCE)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      return { errorCode, errorMessage: "not allowed to see the cluster", topics: [], nodes: [] };
    }
    const controller = brokers.one(view.image.controllerId, context);
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      topics: request.topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) =>
          topicName === METADATA_TOPIC && partitionIndex === 0
            ? quorum(services)
            : unknown(partitionIndex),
        ),
      })),
      nodes:
        controller === null
          ? []
          : [
              {
                nodeId: controller.nodeId,
                listeners: [
                  { name: context.listenerName, host: controller.host, port: controller.port },
                ],
              },
            ],
    };
  },
};

function quorum({ view, clock }: AdminServices): PartitionAnswer {
  const { controllerId, revision } = view.image;
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    leaderId: controllerId,
    leaderEpoch: 0,
    highWatermark: revision,
    currentVoters:
      controllerId === -1
        ? []
        : [
            {
              replicaId: controllerId,
              replicaDirectoryId: ZERO_UUID,
              logEndOffset: revision,
              lastCaughtUpTimestamp: clock.nowMs(),
            },
          ],
    observers: [],
  };
}

function unknown(partitionIndex: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: "only the metadata of the cluster has a quorum",
    leaderId: -1,
    leaderEpoch: -1,
    highWatermark: -1,
    currentVoters: [],
    observers: [],
  };
}
