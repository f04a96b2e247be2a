/**
 * WriteTxnMarkers (key 27), v1–2: ends transactions in partitions that are led here.
 *
 * v2 transaction version: how the epoch is judged (KIP-1228). Brokers send it, and an administrator who
 * ends a hanging transaction (KIP-664).
 * Errors: CLUSTER_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER here; the
 * rest from `appendMarker`.
 */
import type { RequestOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { WriteTxnMarkersApi } from "@runnel/protocol/messages/27-write-txn-markers.ts";
import { topicResource } from "#audit/entries.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { TransactionMarker } from "#log/transaction-marker.ts";
import { actorOf } from "./actor.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler, RequestContext } from "./handler.ts";

type Marker = RequestOf<typeof WriteTxnMarkersApi>["markers"][number];

/** What a request without a version means: transactions as they were before KIP-890. */
const CLASSIC_VERSION = 1;

export const writeTxnMarkers: Handler<typeof WriteTxnMarkersApi, DataServices> = {
  api: WriteTxnMarkersApi,
  versions: [1, 2],
  async handle(request, services, context) {
    const markers = request.markers.map(async (asked) => {
      const topics = asked.topics.map(async ({ name, partitionIndexes }) => {
        const call = { services, context, marker: markerOf(asked, context) };
        const partitions = isAllowed(services, context)
          ? await writeAll(name, partitionIndexes, call)
          : await refuseAll(name, partitionIndexes, call);
        return { name, partitions };
      });
      return { producerId: asked.producerId, topics: await Promise.all(topics) };
    });
    return { markers: await Promise.all(markers) };
  },
};

interface Call {
  readonly services: DataServices;
  readonly context: RequestContext;
  readonly marker: TransactionMarker;
}

function isAllowed({ authorizer }: DataServices, { principal }: RequestContext): boolean {
  return (
    authorizer.allows(principal, "clusterAction", "cluster", CLUSTER_RESOURCE) ||
    authorizer.allows(principal, "alter", "cluster", CLUSTER_RESOURCE)
  );
}

function markerOf(asked: Marker, { apiVersion }: RequestContext): TransactionMarker {
  return {
    producerId: asked.producerId,
    producerEpoch: asked.producerEpoch,
    coordinatorEpoch: asked.coordinatorEpoch,
    isCommit: asked.transactionResult,
    transactionVersion: apiVersion >= 2 ? asked.transactionVersion : CLASSIC_VERSION,
  };
}

function writeAll(name: string, indexes: readonly number[], { services, context, marker }: Call) {
  const topic = services.replicas.image.topicsByName.get(name);
  const written = indexes.map(async (partitionIndex) => {
    const errorCode =
      topic === undefined
        ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        : await services.changes.endTransaction(actorOf(context), topic, partitionIndex, marker);
    return { partitionIndex, errorCode };
  });
  return Promise.all(written);
}

async function refuseAll(name: string, indexes: readonly number[], { services, context }: Call) {
  const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
  const refused = { operation: "transaction.end", resource: topicResource(name) } as const;
  await services.changes.refuse(actorOf(context), [{ ...refused, errorCode, message: null }]);
  return indexes.map((partitionIndex) => ({ partitionIndex, errorCode }));
}
