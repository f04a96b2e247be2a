/** What is to be done to change settings of topics, brokers and groups, and how they are shown. */
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { type ConfigChange, type ConfigScope, changeConfigs } from "#config/change.ts";
import {
  type ConfigEntry,
  describeBrokerConfigs,
  describeBrokerDefaults,
  describeGroupConfigs,
  describeTopicConfigs,
} from "#config/describe.ts";
import {
  type BrokerLayers,
  NO_OVERRIDES,
  type Overrides,
  resolveBrokerConfig,
  resolveGroupTimings,
} from "#config/effective.ts";
import { timingsProblem } from "#config/group-settings.ts";
import { problemOf } from "#config/setting.ts";
import { TOPIC_SETTINGS, TOPIC_SETTINGS_BY_NAME } from "#config/topic-settings.ts";
import { AUDIT_TOPIC, type MetadataImage, type TopicImage } from "#metadata/image.ts";
import {
  brokerConfigsKey,
  DEFAULT_BROKER,
  encodeConfigs,
  groupConfigsKey,
  topicConfigsKey,
  topicKey,
} from "#metadata/keys.ts";
import type { Compare, Operation } from "#metadata/store.ts";
import { layersOf } from "#metadata/topic-configs.ts";
import type { Planned } from "./commit.ts";
import { GROUP_ID_BYTES_MAX, GROUPS_WITH_CONFIGS_MAX } from "./limits.ts";
import { failed, OK, type Outcome } from "./outcome.ts";
import { AS_WRITTEN } from "./own-topics.ts";
import {
  brokerConfigsVersion,
  groupConfigsVersion,
  topicConfigsVersion,
  versionProblem,
} from "./versions.ts";

/** ConfigResource.Type. */
export const ResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

export interface ConfigResource {
  /** One of `ResourceType`, or what a client made up. */
  readonly type: number;
  /** A topic's or group's name; a broker's id, empty for the defaults of all brokers. */
  readonly name: string;
}

export interface ConfigRequest extends ConfigResource {
  readonly changes: readonly ConfigChange[];
  /** Whether `changes` are all that is set afterwards (AlterConfigs). */
  readonly isReplacing: boolean;
  /** Version (`versions.ts`) that the settings must still have; null for any. */
  readonly expectedVersion?: string | null;
}

export interface ConfigResult extends Outcome, ConfigResource {
  /** What the resource sets itself, where that was changed. */
  readonly change?: { readonly before: Overrides; readonly after: Overrides };
}

export interface ConfigContext {
  readonly nodeId: number;
  readonly fixed: Overrides;
}

/** One plan per resource, in order. */
export function planAlterConfigs(
  image: MetadataImage,
  requests: readonly ConfigRequest[],
  context: ConfigContext & {
    readonly isValidateOnly: boolean;
    /** The broker itself asks: it may change its topics. */
    readonly isInternal: boolean;
  },
): readonly Planned<ConfigResult>[] {
  const counts = new Map<string, number>();
  const keyOf = ({ type, name }: ConfigResource) => `${type}:${name}`;
  for (const one of requests) counts.set(keyOf(one), (counts.get(keyOf(one)) ?? 0) + 1);
  return requests.map((request) => {
    const answer = { type: request.type, name: request.name };
    if (counts.get(keyOf(request)) !== 1) {
      const twice = failed(ErrorCode.INVALID_REQUEST, "the resource is named twice in one request");
      return { result: { ...answer, ...twice }, compare: [], operations: [] };
    }
    const target = targetOf(image, request, context);
    if ("outcome" in target) {
      return { result: { ...answer, ...target.outcome }, compare: [], operations: [] };
    }
    const isAudit = request.type === ResourceType.TOPIC && request.name === AUDIT_TOPIC;
    if (isAudit && !context.isInternal) {
      return { result: { ...answer, ...AUDIT_IS_FIXED }, compare: [], operations: [] };
    }
    const outdated = versionProblem(request.expectedVersion, target.version);
    if (outdated !== null) {
      return { result: { ...answer, ...outdated }, compare: [], operations: [] };
    }
    const current = request.isReplacing ? NO_OVERRIDES : target.current;
    const outcome = changeConfigs(current, request.changes, target.scope);
    if ("problem" in outcome) {
      const refused = failed(ErrorCode[outcome.code], outcome.problem);
      return { result: { ...answer, ...refused }, compare: [], operations: [] };
    }
    const unfit = target.problemOf?.(outcome.overrides) ?? null;
    if (unfit !== null) return { result: { ...answer, ...unfit }, compare: [], operations: [] };
    const result = { ...answer, ...OK };
    const { size } = outcome.overrides;
    const isNothing = request.type === ResourceType.GROUP && target.current.size + size === 0;
    if (context.isValidateOnly || isNothing) return { result, compare: [], operations: [] };
    const change = { before: target.current, after: outcome.overrides };
    return {
      result: { ...result, change },
      compare: target.compare,
      operations: [write(target.key, outcome.overrides)],
    };
  });
}

/** Or whoever may change settings could have the log of changes forgotten. */
const AUDIT_IS_FIXED = failed(
  ErrorCode.POLICY_VIOLATION,
  `the settings of ${AUDIT_TOPIC} are the broker's: set runnel.audit.retention.ms in its configuration`,
);

export type Description =
  | (Outcome & { readonly entries: readonly ConfigEntry[] })
  | (Outcome & { readonly entries: null });

/** The settings of a resource; `wanted` null for all. */
export function describeConfigs(
  image: MetadataImage,
  resource: ConfigResource,
  wanted: readonly string[] | null,
  context: ConfigContext,
): Description {
  const target = targetOf(image, resource, context);
  if ("outcome" in target) return { ...target.outcome, entries: null };
  return describeTarget(resource, target, wanted, context);
}

/** As `describeConfigs` once `request` is done; nothing is changed. */
export function describeConfigsAfter(
  image: MetadataImage,
  request: ConfigRequest,
  wanted: readonly string[] | null,
  context: ConfigContext,
): Description {
  const target = targetOf(image, request, context);
  if ("outcome" in target) return { ...target.outcome, entries: null };
  const base = request.isReplacing ? NO_OVERRIDES : target.current;
  const outcome = changeConfigs(base, request.changes, target.scope);
  if ("problem" in outcome) {
    return { ...failed(ErrorCode[outcome.code], outcome.problem), entries: null };
  }
  const current = outcome.overrides;
  const unfit = target.problemOf?.(current) ?? null;
  if (unfit !== null) return { ...unfit, entries: null };
  const { layers } = target.scope;
  const isOwn = request.type === ResourceType.BROKER && request.name !== "";
  const scope = { ...target.scope, layers: isOwn ? { ...layers, dynamicBroker: current } : layers };
  return describeTarget(request, { scope, current }, wanted, context);
}

function describeTarget(
  { name }: ConfigResource,
  { scope, current }: Pick<Target, "scope" | "current">,
  wanted: readonly string[] | null,
  { nodeId }: ConfigContext,
): Description {
  switch (scope.kind) {
    case "topic":
      return { ...OK, entries: describeTopicConfigs(current, scope.layers, wanted) };
    case "group":
      return { ...OK, entries: describeGroupConfigs(current, scope.layers, wanted) };
    case "broker":
      break;
  }
  if (name === "") return { ...OK, entries: describeBrokerDefaults(current, wanted) };
  if (Number(name) !== nodeId) {
    const message = `ask broker ${name} itself: its static settings are known there alone`;
    return { ...failed(ErrorCode.INVALID_REQUEST, message), entries: null };
  }
  return { ...OK, entries: describeBrokerConfigs(scope.layers, wanted) };
}

interface Target {
  readonly scope: ConfigScope;
  readonly current: Overrides;
  readonly key: string;
  readonly compare: readonly Compare[];
  readonly version: string;
  /** What is wrong with settings that are right each for itself; null for nothing. */
  readonly problemOf?: (overrides: Overrides) => Outcome | null;
}

function targetOf(
  image: MetadataImage,
  resource: ConfigResource,
  context: ConfigContext,
): Target | { readonly outcome: Outcome } {
  const layers = layersOf(image, context.nodeId, context.fixed);
  switch (resource.type) {
    case ResourceType.TOPIC:
      return topicTarget(image, resource.name, layers);
    case ResourceType.BROKER:
      return brokerTarget(image, resource.name, context.fixed);
    case ResourceType.GROUP:
      return groupTarget(image, resource.name, layers);
    case ResourceType.BROKER_LOGGER:
      return invalid("log levels cannot be seen or changed over the protocol");
    case ResourceType.CLIENT_METRICS:
      return invalid("client metrics are not collected");
    default:
      return invalid(`there are no settings for resources of type ${resource.type}`);
  }
}

function topicTarget(
  image: MetadataImage,
  name: string,
  layers: BrokerLayers,
): Target | { readonly outcome: Outcome } {
  const topic = image.topicsByName.get(name);
  if (topic === undefined) {
    const message = "there is no topic with this name";
    return { outcome: failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message) };
  }
  const key = topicConfigsKey(topic.id);
  return {
    scope: { kind: "topic", layers, ...(topic.isInternal ? { pinned: pinnedOf(topic) } : {}) },
    current: topic.configs,
    key,
    version: topicConfigsVersion(topic),
    compare: [
      { kind: "modRevision", key, equals: topic.configsRevision },
      { kind: "modRevision", key: topicKey(name), equals: topic.modRevision },
    ],
  };
}

/** Of a topic of the broker's own: the overrides that only the broker may make, and its packing. */
function pinnedOf({ configs }: TopicImage): Overrides {
  const isPinned = ([name, value]: readonly [string, string]): boolean => {
    // Retention would take what only the newest record of a key says, such as a committed offset.
    if (name === TOPIC_SETTINGS.cleanupPolicy.name) return true;
    const setting = TOPIC_SETTINGS_BY_NAME.get(name);
    return setting !== undefined && problemOf(setting, value) !== null;
  };
  return new Map([...[...configs].filter(isPinned), AS_WRITTEN]);
}

/** A group need not exist: its settings may be there before it. */
function groupTarget(
  image: MetadataImage,
  groupId: string,
  layers: BrokerLayers,
): Target | { readonly outcome: Outcome } {
  if (groupId === "") return invalid("a group needs a name");
  if (utf8Length(groupId) > GROUP_ID_BYTES_MAX) {
    return invalid(`the name of a group has at most ${GROUP_ID_BYTES_MAX} bytes`);
  }
  const current = image.groupConfigs.get(groupId) ?? NO_OVERRIDES;
  const key = groupConfigsKey(groupId);
  return {
    scope: { kind: "group", layers },
    current,
    key,
    compare: [valueIs(key, current)],
    version: groupConfigsVersion(image, groupId),
    problemOf(overrides) {
      const isOneMore = current.size === 0 && overrides.size > 0;
      if (isOneMore && image.groupConfigs.size >= GROUPS_WITH_CONFIGS_MAX) {
        const message = `at most ${GROUPS_WITH_CONFIGS_MAX} groups have settings of their own`;
        return failed(ErrorCode.POLICY_VIOLATION, message);
      }
      const bounds = resolveBrokerConfig(layers.fixed);
      const problem = timingsProblem(resolveGroupTimings(overrides, layers), bounds);
      return problem === null ? null : failed(ErrorCode.INVALID_CONFIG, problem);
    },
  };
}

function brokerTarget(
  image: MetadataImage,
  name: string,
  fixed: Overrides,
): Target | { readonly outcome: Outcome } {
  if (name === "") {
    const current = image.defaultBrokerConfigs;
    const layers = { dynamicBroker: NO_OVERRIDES, dynamicDefault: current, fixed };
    const key = brokerConfigsKey(DEFAULT_BROKER);
    const version = brokerConfigsVersion(image, null);
    const compare = [valueIs(key, current)];
    return { scope: { kind: "broker", layers }, current, key, compare, version };
  }
  const id = /^\d{1,10}$/.test(name) ? Number(name) : -1;
  if (!image.brokers.has(id)) return invalid("a broker is named by the id of a live one");
  const current = image.brokerConfigs.get(id) ?? NO_OVERRIDES;
  const key = brokerConfigsKey(id);
  const scope = { kind: "broker", layers: layersOf(image, id, fixed) } as const;
  const version = brokerConfigsVersion(image, id);
  return { scope, current, key, compare: [valueIs(key, current)], version };
}

/** Settings of brokers have no revision in the image; there are few, so their text is compared. */
function valueIs(key: string, current: Overrides): Compare {
  if (current.size === 0) return { kind: "createRevision", key, equals: 0 };
  return { kind: "value", key, equals: encodeConfigs(current) };
}

function write(key: string, overrides: Overrides): Operation {
  if (overrides.size === 0) return { kind: "delete", key };
  return { kind: "put", key, value: encodeConfigs(overrides) };
}

function invalid(message: string): { readonly outcome: Outcome } {
  return { outcome: failed(ErrorCode.INVALID_REQUEST, message) };
}
