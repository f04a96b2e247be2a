/** What an entry of the audit log says of a change. Pure. */
import type {
  AuditOperation,
  AuditRecord,
  AuditResource,
  AuditResult,
  AuditState,
} from "@runnel/contracts/audit.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import type { ConfigChange } from "#config/change.ts";
import { ConfigSource, type Overrides } from "#config/effective.ts";
import {
  type ConfigRequest,
  type ConfigResource,
  ResourceType,
} from "#controller/change-configs.ts";
import type { CreatedTopic, NewTopic } from "#controller/create-topics.ts";
import type { Outcome } from "#controller/outcome.ts";
import type { TopicImage } from "#metadata/image.ts";
import { safeText } from "#metrics/log-text.ts";
import type { Actor } from "./actor.ts";
import { cut, cutState, LIST_MAX, list, TEXT_MAX, withinLength } from "./cut.ts";

/** One change of one resource. */
export interface Entry {
  readonly operation: AuditOperation;
  readonly resource: AuditResource;
  readonly asked: AuditState;
  readonly before: AuditState;
  readonly after: AuditState;
  readonly result: AuditResult;
}

/** Characters of what a client or a proxy says of itself. */
const CLIENT_MAX = 256;
const REDACTED = "[redacted]";
/** Parts of the names of settings whose values are nobody's business. */
const SENSITIVE = /password|passphrase|secret|credential|jaas|token|keystore\.key/i;

/** The errors of a broker that could not, rather than would not. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
]);

export function resultOf({ errorCode, message }: Outcome): AuditResult {
  if (errorCode === ErrorCode.NONE) return { outcome: "done", error: null, message: null };
  const outcome = FAILURES.has(errorCode) ? "failed" : "refused";
  const text = message === null ? null : message.slice(0, TEXT_MAX);
  return { outcome, error: errorName(errorCode), message: text };
}

/** What several parts came to as one: the first error, `partly` where others were done. */
export function resultOfAll(errorCodes: readonly ErrorCode[]): AuditResult {
  const first = errorCodes.find((code) => code !== ErrorCode.NONE);
  if (first === undefined) return resultOf({ errorCode: ErrorCode.NONE, message: null });
  const result = resultOf({ errorCode: first, message: null });
  return errorCodes.includes(ErrorCode.NONE) ? { ...result, outcome: "partly" } : result;
}

export const topicResource = (name: string): AuditResource => ({ kind: "topic", name });
export const groupResource = (name: string): AuditResource => ({ kind: "group", name });
/** By its transactional id. */
export const transactionResource = (name: string): AuditResource => ({ kind: "transaction", name });

/** The resource of settings, as people name it. */
export function configResource({ type, name }: ConfigResource): AuditResource {
  switch (type) {
    case ResourceType.TOPIC:
      return topicResource(name);
    case ResourceType.GROUP:
      return groupResource(name);
    case ResourceType.BROKER:
      return { kind: "broker", name: name === "" ? "default" : name };
    default:
      return { kind: "other", name: `${type}:${name}` };
  }
}

export function createdTopic(topic: NewTopic, created: CreatedTopic): Entry {
  const { name, partitionCount, replicationFactor, assignments, configs } = topic;
  const own = created.configs.filter(({ source }) => source === ConfigSource.TOPIC);
  const isDone = created.errorCode === ErrorCode.NONE;
  return {
    operation: "topic.create",
    resource: topicResource(name),
    asked: {
      partitionCount: assignments.length === 0 ? partitionCount : assignments.length,
      replicationFactor,
      configs: Object.fromEntries(
        configs.slice(0, LIST_MAX).map((one) => [one.name, valueOf(one.name, one.value)]),
      ),
    },
    before: null,
    after: isDone
      ? {
          topicId: created.topicId,
          partitionCount: created.partitionCount,
          replicationFactor: created.replicationFactor,
          configs: Object.fromEntries(own.map((one) => [one.name, valueOf(one.name, one.value)])),
        }
      : null,
    result: resultOf(created),
  };
}

export function topicState({ id, partitions, configs }: TopicImage): AuditState {
  return {
    topicId: id,
    partitionCount: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
    configs: configState(configs),
  };
}

/** Settings that were named, or differ between `before` and `after`. */
export function changedConfigs(
  { changes }: ConfigRequest,
  before: Overrides,
  after: Overrides,
): { readonly before: AuditState; readonly after: AuditState } {
  const names = new Set(changes.map(({ name }) => name));
  for (const name of [...before.keys(), ...after.keys()]) {
    if (before.get(name) !== after.get(name)) names.add(name);
  }
  const stateIn = (overrides: Overrides): AuditState => {
    const shown = [...names].slice(0, LIST_MAX);
    return Object.fromEntries(shown.map((name) => [name, valueOf(name, overrides.get(name))]));
  };
  return { before: stateIn(before), after: stateIn(after) };
}

export function askedConfigs({ changes, isReplacing }: ConfigRequest): AuditState {
  const shown = changes.map(({ name, operation, value }: ConfigChange) => {
    if (operation === "delete") return { name: cut(name), operation };
    return { name: cut(name), operation, value: valueOf(name, value) };
  });
  return { replacesAll: isReplacing, changes: list(shown) };
}

/** The record for `entry`, of bounded length whatever a client sent. */
export function recordOf(
  entry: Entry,
  actor: Actor,
  { at, brokerId }: { readonly at: number; readonly brokerId: number },
): AuditRecord {
  const { principal, host, forwardedFor = null, via, listener, port, client } = actor;
  const { resource, result } = entry;
  return withinLength({
    version: 1,
    at,
    brokerId,
    operation: entry.operation,
    resource: { kind: resource.kind, name: cut(resource.name) },
    actor: {
      principal: cut(`${principal.type}:${principal.name}`),
      host: cut(host.replace(/^\//, "")),
      ...(forwardedFor === null ? {} : { forwardedFor: safeText(forwardedFor, CLIENT_MAX) }),
      via,
      listener: cut(listener),
      port,
      client: safeText(client, CLIENT_MAX),
    },
    asked: cutState(entry.asked),
    before: cutState(entry.before),
    after: cutState(entry.after),
    result: { ...result, message: result.message === null ? null : cut(result.message) },
  });
}

function configState(overrides: Overrides): AuditState {
  return Object.fromEntries([...overrides].map(([name, value]) => [name, valueOf(name, value)]));
}

function valueOf(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  return SENSITIVE.test(name) ? REDACTED : cut(value);
}
