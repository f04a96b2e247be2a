/**
 * Metadata (key 3), v0–13: which brokers there are, and which of them leads what.
 *
 * v1 racks, controller, internal topics · v4 allowAutoTopicCreation (true before) · v5 offline replicas
 * · v7 leader epochs · v8 authorized operations (KIP-430) · v10 topic ids (KIP-516) · v12 asks by id ·
 * v13 top-level error (KIP-1102; always none). An empty list asks for all topics in v0, for none after.
 * Topics without the right to describe are left out of "all", and refused where they are named.
 */
import { ZERO_UUID } from "@runnel/kit/uuid.ts";
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { MetadataApi } from "@runnel/protocol/messages/03-metadata.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import { topicNameProblem } from "#controller/topic-name.ts";
import { INTERNAL_TOPICS, type MetadataImage, type TopicImage } from "#metadata/image.ts";
import type { AdminServices } from "./admin-services.ts";
import { authorizedOperations, OPERATIONS_NOT_ASKED } from "./authorized-operations.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { partitionState } from "./partition-state.ts";

type TopicAnswer = ResponseOf<typeof MetadataApi>["topics"][number];
type TopicRequest = { readonly topicId: string; readonly name: string | null };

export const metadata: Handler<typeof MetadataApi, AdminServices> = {
  api: MetadataApi,
  versions: [0, 13],
  handle(request, services, context) {
    const { authorizer, view, brokers } = services;
    const { image } = view;
    const isAll =
      request.topics === null || (context.apiVersion === 0 && request.topics.length === 0);
    const withOperations = request.includeTopicAuthorizedOperations;
    const topics = isAll
      ? allTopics(image, services, context, withOperations)
      : namedTopics(image, services, context, {
          topics: request.topics ?? [],
          withOperations,
          isCreationAllowed: request.allowAutoTopicCreation,
        });
    return {
      throttleTimeMs: 0,
      brokers: brokers.all(context),
      clusterId: image.clusterId,
      controllerId: image.controllerId,
      topics,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? authorizedOperations(authorizer, context.principal, "cluster", CLUSTER_RESOURCE)
        : OPERATIONS_NOT_ASKED,
      errorCode: ErrorCode.NONE,
    };
  },
};

function allTopics(
  image: MetadataImage,
  services: AdminServices,
  context: RequestContext,
  withOperations: boolean,
): TopicAnswer[] {
  return [...image.topicsByName.values()]
    .filter(({ name }) => services.authorizer.allows(context.principal, "describe", "topic", name))
    .map((topic) => topicAnswer(image, services, context, topic, withOperations));
}

interface Named {
  readonly topics: readonly TopicRequest[];
  readonly withOperations: boolean;
  readonly isCreationAllowed: boolean;
}

function namedTopics(
  image: MetadataImage,
  services: AdminServices,
  context: RequestContext,
  { topics, withOperations, isCreationAllowed }: Named,
): TopicAnswer[] {
  const answers = new Map<string, TopicAnswer>();
  const missing: string[] = [];
  for (const request of topics) {
    const key = request.topicId === ZERO_UUID ? `name:${request.name}` : `id:${request.topicId}`;
    if (answers.has(key)) continue;
    const found = find(image, services, context, request);
    if ("topic" in found) {
      answers.set(key, topicAnswer(image, services, context, found.topic, withOperations));
      continue;
    }
    answers.set(key, failure(request, found.errorCode));
    const isMissing = found.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (isMissing && request.name !== null) missing.push(request.name);
  }
  const codes = isCreationAllowed ? createMissing(services, context, missing) : new Map();
  for (const [name, errorCode] of codes) {
    answers.set(`name:${name}`, failure({ name, topicId: ZERO_UUID }, errorCode));
  }
  return [...answers.values()];
}

type Found = { readonly topic: TopicImage } | { readonly errorCode: ErrorCode };

function find(
  image: MetadataImage,
  { authorizer }: AdminServices,
  { principal }: RequestContext,
  { topicId, name }: TopicRequest,
): Found {
  const isDescribable = (one: string) => authorizer.allows(principal, "describe", "topic", one);
  if (topicId !== ZERO_UUID) {
    // Whoever may not see the topic learns no more than where it did not exist.
    const topic = image.topicsById.get(topicId);
    if (topic === undefined || !isDescribable(topic.name)) {
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_ID };
    }
    return { topic };
  }
  if (name === null) return { errorCode: ErrorCode.INVALID_REQUEST };
  if (!isDescribable(name)) return { errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  const topic = image.topicsByName.get(name);
  if (topic !== undefined) return { topic };
  // A client asks again for a topic that is unknown, and need not for one that there cannot be.
  const isPossible = topicNameProblem(name) === null;
  return {
    errorCode: isPossible
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION,
  };
}

/** Begins to create what is missing; the code that each name is answered meanwhile. */
function createMissing(
  { authorizer, autoTopics }: AdminServices,
  { principal }: RequestContext,
  names: readonly string[],
): ReadonlyMap<string, ErrorCode> {
  if (autoTopics === null || names.length === 0) return new Map();
  const onCluster = authorizer.allows(principal, "create", "cluster", CLUSTER_RESOURCE);
  const isAllowed = (name: string) =>
    onCluster || authorizer.allows(principal, "create", "topic", name);
  const codes = new Map(autoTopics.begin(names.filter(isAllowed)));
  for (const name of names) {
    if (!isAllowed(name)) codes.set(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  return codes;
}

function failure({ name, topicId }: TopicRequest, errorCode: ErrorCode): TopicAnswer {
  const isInternal = name !== null && INTERNAL_TOPICS.has(name);
  return { errorCode, name, topicId, isInternal, partitions: [] };
}

function topicAnswer(
  image: MetadataImage,
  { authorizer }: AdminServices,
  context: RequestContext,
  topic: TopicImage,
  withOperations: boolean,
): TopicAnswer {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.isInternal,
    partitions: topic.partitions.map((partition) => partitionState(image, partition)),
    topicAuthorizedOperations: withOperations
      ? authorizedOperations(authorizer, context.principal, "topic", topic.name)
      : OPERATIONS_NOT_ASKED,
  };
}
