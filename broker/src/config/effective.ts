/**
 * What a setting comes to: topic override, else dynamic of this broker, else dynamic default of all
 * brokers, else static (file, environment, flags), else the table's default (KIP-226, KIP-524).
 */
import { assert } from "@runnel/kit/assert.ts";
import { BROKER_SETTINGS, BROKER_SETTINGS_BY_NAME, type BrokerConfig } from "./broker-settings.ts";
import { GROUP_SETTINGS_BY_NAME, type GroupTimings } from "./group-settings.ts";
import type { Setting } from "./setting.ts";
import { TOPIC_SETTINGS, type TopicConfig } from "./topic-settings.ts";

/** Settings by name, in canonical text. */
export type Overrides = ReadonlyMap<string, string>;

export const NO_OVERRIDES: Overrides = new Map();

/** Where broker settings come from, strongest first; the table's defaults lie below. */
export interface BrokerLayers {
  /** Set at run time for this broker alone. */
  readonly dynamicBroker: Overrides;
  /** Set at run time for every broker. */
  readonly dynamicDefault: Overrides;
  /** File, environment and flags, merged at start. */
  readonly fixed: Overrides;
}

export const NO_LAYERS: BrokerLayers = {
  dynamicBroker: NO_OVERRIDES,
  dynamicDefault: NO_OVERRIDES,
  fixed: NO_OVERRIDES,
};

/** config_source of DescribeConfigs. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  GROUP: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

/** One place that has a value for a setting. */
export interface ConfigCandidate {
  readonly name: string;
  readonly value: string;
  readonly source: ConfigSource;
  /** The value times this is the setting's (hours for milliseconds). */
  readonly factor: number;
}

/** Everything that has a value for a topic setting, strongest first. */
export function topicCandidates(
  setting: Setting,
  overrides: Overrides,
  layers: BrokerLayers,
): readonly ConfigCandidate[] {
  const own = overrides.get(setting.name);
  const first: ConfigCandidate[] =
    own === undefined
      ? []
      : [{ name: setting.name, value: own, source: ConfigSource.TOPIC, factor: 1 }];
  if (setting.synonyms.length > 0) return [...first, ...chain(setting.synonyms, layers)];
  if (setting.default === null) return first;
  const { name, default: value } = setting;
  return [...first, { name, value, source: ConfigSource.DEFAULT, factor: 1 }];
}

/** Everything that has a value for a setting of a group, strongest first. */
export function groupCandidates(
  setting: Setting,
  overrides: Overrides,
  layers: BrokerLayers,
): readonly ConfigCandidate[] {
  const { name } = setting;
  const value = overrides.get(name);
  const below = chain(setting.synonyms, layers);
  return value === undefined
    ? below
    : [{ name, value, source: ConfigSource.GROUP, factor: 1 }, ...below];
}

/** The timings of a group, parsed. */
export function resolveGroupTimings(overrides: Overrides, layers: BrokerLayers): GroupTimings {
  const valueOf = (name: string): number => {
    const setting = GROUP_SETTINGS_BY_NAME.get(name);
    assert(setting !== undefined, `no group setting ${name}`);
    return Number(effectiveText(groupCandidates(setting, overrides, layers)));
  };
  return {
    heartbeatIntervalMs: valueOf("consumer.heartbeat.interval.ms"),
    sessionTimeoutMs: valueOf("consumer.session.timeout.ms"),
  };
}

/** Everything that has a value for a broker setting, strongest first. */
export function brokerCandidates(
  setting: Setting,
  layers: BrokerLayers,
): readonly ConfigCandidate[] {
  return chain([{ name: setting.name, factor: 1 }], layers);
}

/** The value of the strongest candidate, in the setting's own unit; null for none. */
export function effectiveText(candidates: readonly ConfigCandidate[]): string | null {
  const first = candidates[0];
  if (first === undefined) return null;
  if (first.factor === 1 || first.value.startsWith("-")) return first.value;
  return String(BigInt(first.value) * BigInt(first.factor));
}

/** A topic's settings, parsed. Throws `InvariantError` where a layer holds what was never validated. */
export function resolveTopicConfig(overrides: Overrides, layers: BrokerLayers): TopicConfig {
  return resolve(TOPIC_SETTINGS, (row) => topicCandidates(row, overrides, layers)) as TopicConfig;
}

/** A broker's own settings, parsed; `fixed` is what file, environment and flags said. */
export function resolveBrokerConfig(fixed: Overrides): BrokerConfig {
  const layers = { ...NO_LAYERS, fixed };
  return resolve(BROKER_SETTINGS, (row) => brokerCandidates(row, layers)) as BrokerConfig;
}

function chain(
  names: readonly { readonly name: string; readonly factor: number }[],
  layers: BrokerLayers,
): readonly ConfigCandidate[] {
  const found: ConfigCandidate[] = [];
  const sources = [
    [ConfigSource.DYNAMIC_BROKER, (name: string) => layers.dynamicBroker.get(name)],
    [ConfigSource.DYNAMIC_DEFAULT_BROKER, (name: string) => layers.dynamicDefault.get(name)],
    [ConfigSource.STATIC_BROKER, (name: string) => layers.fixed.get(name)],
    [ConfigSource.DEFAULT, (name: string) => BROKER_SETTINGS_BY_NAME.get(name)?.default],
  ] as const;
  for (const [source, read] of sources) {
    for (const { name, factor } of names) {
      const value = read(name) ?? null;
      if (value !== null) found.push({ name, value, source, factor });
    }
  }
  return found;
}

function resolve(
  table: Readonly<Record<string, Setting>>,
  candidatesOf: (setting: Setting) => readonly ConfigCandidate[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const text = effectiveText(candidatesOf(setting));
    if (text === null) {
      values[key] = null;
      continue;
    }
    const result = setting.parse(text);
    assert("value" in result, `setting was not validated: ${setting.name}=${text}`);
    values[key] = result.value;
  }
  return values;
}
