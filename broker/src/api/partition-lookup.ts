/** From what a client names to a partition that is open here, for all handlers of the data plane. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Operation } from "#auth/authorizer.ts";
import type { TopicImage } from "#metadata/image.ts";
import { type FoundPartition, withPartition as lookUp } from "#replica/lookup.ts";
import type { DataServices } from "./data-services.ts";
import type { RequestContext } from "./handler.ts";

export type FoundTopic =
  | { readonly topic: TopicImage }
  | { readonly topic: null; readonly errorCode: ErrorCode };

/** The topic by name, where `principal` may do `operation` with it. */
export function topicByName(
  { authorizer, replicas }: DataServices,
  context: RequestContext,
  operation: Operation,
  name: string,
): FoundTopic {
  if (!authorizer.allows(context.principal, operation, "topic", name)) {
    return { topic: null, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
  }
  const topic = replicas.image.topicsByName.get(name);
  if (topic !== undefined) return { topic };
  return { topic: null, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
}

/** The topic by id (KIP-516), where `principal` may do `operation` with it. */
export function topicById(
  { authorizer, replicas }: DataServices,
  context: RequestContext,
  operation: Operation,
  id: string,
): FoundTopic {
  const topic = replicas.image.topicsById.get(id);
  if (topic === undefined) return { topic: null, errorCode: ErrorCode.UNKNOWN_TOPIC_ID };
  if (authorizer.allows(context.principal, operation, "topic", topic.name)) return { topic };
  return { topic: null, errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED };
}

/** Calls `work` with a partition; waits for one that is just being opened. */
export function withPartition<T>(
  { replicas }: DataServices,
  topicId: string,
  index: number,
  work: (found: FoundPartition) => T | Promise<T>,
): T | Promise<T> {
  return lookUp(replicas, topicId, index, work);
}

/** All of `values` at once; a promise only where one of them is. */
export function all<T>(values: readonly (T | Promise<T>)[]): T[] | Promise<T[]> {
  return values.some((value) => value instanceof Promise) ? Promise.all(values) : (values as T[]);
}
