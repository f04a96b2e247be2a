/** Settings as DescribeConfigs shows them: every one with its value, where it comes from, and what it is. */
import { BROKER_SETTINGS_BY_NAME } from "./broker-settings.ts";
import {
  type BrokerLayers,
  brokerCandidates,
  type ConfigCandidate,
  ConfigSource,
  effectiveText,
  groupCandidates,
  type Overrides,
  topicCandidates,
} from "./effective.ts";
import { GROUP_SETTINGS_BY_NAME } from "./group-settings.ts";
import type { Setting, SettingType } from "./setting.ts";
import { TOPIC_SETTINGS_BY_NAME } from "./topic-settings.ts";

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
  /** config_type of DescribeConfigs. */
  readonly type: number;
  /** True where no request can change it: static, or its effect is not built. */
  readonly isReadOnly: boolean;
  /** All values there are, the one that counts first. */
  readonly synonyms: readonly ConfigCandidate[];
  readonly doc: string;
}

/** config_type of DescribeConfigs v3 (KIP-569). */
export const CONFIG_TYPES: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
};

/** Names to describe; null or none for all of them, as with Kafka. Unknown names are left out. */
export type Wanted = readonly string[] | null;

export function describeTopicConfigs(
  overrides: Overrides,
  layers: BrokerLayers,
  wanted: Wanted,
): readonly ConfigEntry[] {
  return select(TOPIC_SETTINGS_BY_NAME, wanted).map((setting) =>
    entry(setting, topicCandidates(setting, overrides, layers), true),
  );
}

export function describeBrokerConfigs(
  layers: BrokerLayers,
  wanted: Wanted,
): readonly ConfigEntry[] {
  return select(BROKER_SETTINGS_BY_NAME, wanted).map((setting) =>
    entry(setting, brokerCandidates(setting, layers), setting.isDynamic),
  );
}

/** The dynamic defaults of all brokers: those that were set, and no others. */
export function describeBrokerDefaults(
  dynamicDefault: Overrides,
  wanted: Wanted,
): readonly ConfigEntry[] {
  return select(BROKER_SETTINGS_BY_NAME, wanted).flatMap((setting) => {
    const value = dynamicDefault.get(setting.name);
    if (value === undefined) return [];
    const source = ConfigSource.DYNAMIC_DEFAULT_BROKER;
    return [entry(setting, [{ name: setting.name, value, source, factor: 1 }], true)];
  });
}

export function describeGroupConfigs(
  overrides: Overrides,
  layers: BrokerLayers,
  wanted: Wanted,
): readonly ConfigEntry[] {
  return select(GROUP_SETTINGS_BY_NAME, wanted).map((setting) =>
    entry(setting, groupCandidates(setting, overrides, layers), true),
  );
}

function select(table: ReadonlyMap<string, Setting>, wanted: Wanted): readonly Setting[] {
  if (wanted === null || wanted.length === 0) return [...table.values()];
  return [...new Set(wanted)].flatMap((name) => table.get(name) ?? []);
}

function entry(
  setting: Setting,
  synonyms: readonly ConfigCandidate[],
  isChangeable: boolean,
): ConfigEntry {
  const { served } = setting;
  const isFixed = served !== null && served.values.length === 1;
  return {
    name: setting.name,
    value: effectiveText(synonyms),
    source: synonyms[0]?.source ?? ConfigSource.DEFAULT,
    type: CONFIG_TYPES[setting.type],
    isReadOnly: !isChangeable || isFixed,
    synonyms,
    doc: served === null ? setting.doc : `${setting.doc} Not changeable yet: ${served.because}.`,
  };
}
