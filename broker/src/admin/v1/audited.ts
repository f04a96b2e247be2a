/**
 * What each changing route is about, for the audit log: a change that its handler refuses before it
 * comes to a service is told all the same. A changing route that is not in the list does not compile.
 */
import type { AuditOperation, AuditResource } from "@runnel/contracts/audit.ts";
import type { RouteName } from "@runnel/contracts/paths.ts";
import type { BodyOf, ParamsOf, Routes } from "@runnel/contracts/routes.ts";
import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Refused } from "#audit/changes.ts";
import { groupResource, topicResource, transactionResource } from "#audit/entries.ts";
import { Refusal } from "../problem.ts";

/** Routes that change nothing but the events of a topic, or only take a body to read by. */
type Unaudited = "produce";

type Changing = {
  [N in RouteName]: Routes[N]["method"] extends "GET" ? never : Exclude<N, Unaudited>;
}[RouteName];

interface Subject {
  readonly operation: AuditOperation;
  readonly resource: AuditResource;
}

/** The params and the body of a route, as far as it has them. */
interface Input<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly body: BodyOf<N>;
}

export const AUDITED: { readonly [N in Changing]: (call: Input<N>) => Subject } = {
  changeBrokerConfigs: ({ params }) => ({
    operation: "config.change",
    resource: { kind: "broker", name: String(params.broker) },
  }),
  createTopic: ({ body }) => ({ operation: "topic.create", resource: topicResource(body.name) }),
  growTopic: ({ params }) => ({ operation: "topic.grow", resource: topicResource(params.topic) }),
  deleteTopic: ({ params }) => ({
    operation: "topic.delete",
    resource: topicResource(params.topic),
  }),
  changeTopicConfigs: ({ params }) => ({
    operation: "config.change",
    resource: topicResource(params.topic),
  }),
  deleteRecords: ({ params }) => ({
    operation: "records.delete",
    resource: topicResource(params.topic),
  }),
  deleteGroup: ({ params }) => ({
    operation: "group.delete",
    resource: groupResource(params.group),
  }),
  resetOffsets: ({ params }) => ({
    operation: "group.offsets.change",
    resource: groupResource(params.group),
  }),
  deleteOffsets: ({ params }) => ({
    operation: "group.offsets.delete",
    resource: groupResource(params.group),
  }),
  abortTransaction: ({ params }) => ({
    operation: "transaction.end",
    resource: transactionResource(params.transactionalId),
  }),
  abortHanging: ({ params }) => ({
    operation: "transaction.end",
    resource: topicResource(params.topic),
  }),
};

/** The entry for a change that ended in `error`; null for a route that changes nothing, and for a bug. */
export function refusedChange(name: RouteName, call: unknown, error: unknown): Refused | null {
  const subjectOf = (AUDITED as Partial<Record<RouteName, (call: unknown) => Subject>>)[name];
  if (subjectOf === undefined) return null;
  if (error instanceof IoError) {
    const errorCode = ErrorCode.KAFKA_STORAGE_ERROR;
    return { ...subjectOf(call), errorCode, message: error.message };
  }
  if (!(error instanceof Refusal)) return null;
  const subject = subjectOf(call);
  const message = error.text.detail;
  return { ...subject, errorCode: errorCodeOf(error, subject.resource), message };
}

/** The error that a Kafka client would have got. */
function errorCodeOf({ kind, text }: Refusal, { kind: resource }: AuditResource): ErrorCode {
  const named = ErrorCode[text.kafkaError as keyof typeof ErrorCode] as ErrorCode | undefined;
  if (named !== undefined) return named;
  switch (kind) {
    case "forbidden":
      return FORBIDDEN[resource] ?? ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
    case "not-found":
      return NOT_FOUND[resource] ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    case "unavailable":
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    default:
      return ErrorCode.INVALID_REQUEST;
  }
}

type ByResource = Partial<Record<AuditResource["kind"], ErrorCode>>;

const FORBIDDEN: ByResource = {
  topic: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  group: ErrorCode.GROUP_AUTHORIZATION_FAILED,
  transaction: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
};

const NOT_FOUND: ByResource = {
  group: ErrorCode.GROUP_ID_NOT_FOUND,
  transaction: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND,
};
