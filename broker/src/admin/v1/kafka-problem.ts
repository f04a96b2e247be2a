/** Kafka's outcomes as refusals of the admin API, with what to do about each. */
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { ProblemKind } from "@runnel/contracts/problem-kinds.ts";
import { ErrorCode, type ErrorName, errorInfo } from "@runnel/protocol/errors.ts";
import { Refusal } from "../problem.ts";

/** What is known of an outcome besides its code. */
export interface OutcomeText {
  /** What happened, where the service said it. */
  readonly message?: string | null;
  /** What it is about, to stand before a message that does not say: `topic orders`. */
  readonly subject: string;
  readonly errors?: readonly FieldError[];
  /** Whether it may have been done all the same. */
  readonly isUncertain?: boolean;
}

const KINDS: Partial<Record<ErrorName, ProblemKind>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "not-found",
  UNKNOWN_TOPIC_ID: "not-found",
  GROUP_ID_NOT_FOUND: "not-found",
  TRANSACTIONAL_ID_NOT_FOUND: "not-found",
  TOPIC_ALREADY_EXISTS: "conflict",
  NON_EMPTY_GROUP: "conflict",
  GROUP_SUBSCRIBED_TO_TOPIC: "conflict",
  UNKNOWN_MEMBER_ID: "conflict",
  CONCURRENT_TRANSACTIONS: "conflict",
  INVALID_TXN_STATE: "conflict",
  INVALID_UPDATE_VERSION: "precondition-failed",
  INVALID_CONFIG: "invalid-config",
  TOPIC_AUTHORIZATION_FAILED: "forbidden",
  GROUP_AUTHORIZATION_FAILED: "forbidden",
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "forbidden",
  CLUSTER_AUTHORIZATION_FAILED: "forbidden",
  TOPIC_DELETION_DISABLED: "forbidden",
  UNKNOWN_SERVER_ERROR: "internal",
};

const REMEDIES: Partial<Record<ErrorName, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: "Check the name, or create the topic first.",
  GROUP_ID_NOT_FOUND: "Check the group's id; a group without members and offsets does not exist.",
  TRANSACTIONAL_ID_NOT_FOUND:
    "Check the id; one is known from the first producer that has it until it was idle for `transactional.id.expiration.ms`.",
  CONCURRENT_TRANSACTIONS: "Wait until its markers are written; nothing has to be done for it.",
  INVALID_TXN_STATE: "Read it again: it has ended, and there is nothing to abort.",
  INVALID_REGULAR_EXPRESSION: "Correct the pattern; it has the syntax of RE2.",
  TOPIC_ALREADY_EXISTS: "Use the topic that is there, or choose another name.",
  NON_EMPTY_GROUP: "Stop the group's members, wait until their sessions end, then try again.",
  UNKNOWN_MEMBER_ID: "Stop the group's members, wait until their sessions end, then try again.",
  GROUP_SUBSCRIBED_TO_TOPIC: "Stop the members that read the topic, then try again.",
  INVALID_UPDATE_VERSION: "Read it again, look at what changed, and send the change anew.",
  INVALID_CONFIG: "Correct the value; the settings' `allowed` says what each may be.",
  TOPIC_DELETION_DISABLED:
    "Leave internal topics alone; for others set `delete.topic.enable` to true and restart.",
  COORDINATOR_LOAD_IN_PROGRESS:
    "Wait a moment: groups and transactions are being read from the disk.",
  KAFKA_STORAGE_ERROR: "See the broker's log for what the disk said, then try again.",
  UNKNOWN_SERVER_ERROR: "See the broker's log, and report what it says.",
  OFFSET_OUT_OF_RANGE: "Choose an offset between the start and the end of the partition.",
  POLICY_VIOLATION:
    "Add `delete` to the topic's `cleanup.policy`, or send an event without a value for each key.",
  MESSAGE_TOO_LARGE: "Send smaller events, or raise the topic's `max.message.bytes`.",
};

const LOOK_FIRST =
  "It may have been done: look whether it was before you send it again, then with another Idempotency-Key.";

const BY_KIND: Partial<Record<ProblemKind, string>> = {
  unavailable: "Try again in a moment; see the broker's log if it goes on.",
  forbidden: "Ask an administrator for the permission.",
  "not-found": "Check the name.",
};

/** The refusal that stands for `errorCode`. */
export function kafkaRefusal(
  errorCode: number,
  { message, subject, errors, isUncertain = false }: OutcomeText,
): Refusal {
  const info = errorInfo(errorCode) ?? errorInfo(ErrorCode.UNKNOWN_SERVER_ERROR);
  const name = info?.name ?? "UNKNOWN_SERVER_ERROR";
  const kind = KINDS[name] ?? (info?.retriable === true ? "unavailable" : "invalid-request");
  const what = message ?? info?.text ?? name;
  return new Refusal(kind, {
    detail: what.includes(subject) ? what : `${subject}: ${what}`,
    remedy: isUncertain ? LOOK_FIRST : (REMEDIES[name] ?? BY_KIND[kind] ?? "Correct the request."),
    kafkaError: name,
    isUncertain,
    ...(errors === undefined ? {} : { errors }),
    ...(kind === "unavailable" && !isUncertain ? { headers: { "retry-after": "1" } } : {}),
  });
}

/** Throws the refusal unless `errorCode` is NONE. */
export function refuseUnlessNone(errorCode: number, text: OutcomeText): void {
  if (errorCode !== ErrorCode.NONE) throw kafkaRefusal(errorCode, text);
}

/** Why one partition of a change is left as it is. */
export interface PartFailure {
  readonly errorCode: ErrorCode;
  /** A sentence. */
  readonly message: string;
}

/** The failure of one partition; null for nothing. */
export function partFailure(errorCode: ErrorCode): PartFailure | null {
  const message = partitionError(errorCode);
  return message === null ? null : { errorCode, message };
}

/** Throws the refusal of a change of which no part can be done: a first one speaks for all. */
export function refuseIfAllFail(parts: readonly (PartFailure | null)[], subject: string): void {
  const [first = null] = parts;
  if (first === null || parts.includes(null)) return;
  throw kafkaRefusal(first.errorCode, { subject, message: first.message });
}

/** What is wrong with one partition, in a sentence; null for nothing. */
export function partitionError(errorCode: number): string | null {
  if (errorCode === ErrorCode.NONE) return null;
  const info = errorInfo(errorCode);
  return info === undefined ? `error ${errorCode}` : `${info.text} (${info.name})`;
}
