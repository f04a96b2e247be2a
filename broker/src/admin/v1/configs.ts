/** Settings as the admin API shows and changes them, of topics and of brokers. */
import type { Config, ConfigChanges, ConfigOrigin } from "@runnel/contracts/configs.ts";
import type { FieldError } from "@runnel/contracts/problem.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Actor } from "#audit/actor.ts";
import { BROKER_SETTINGS_BY_NAME } from "#config/broker-settings.ts";
import { type ConfigChange, changeConfigs } from "#config/change.ts";
import type { ConfigEntry } from "#config/describe.ts";
import {
  type ConfigCandidate,
  ConfigSource,
  effectiveText,
  NO_LAYERS,
  NO_OVERRIDES,
} from "#config/effective.ts";
import type { Setting } from "#config/setting.ts";
import { TOPIC_SETTINGS_BY_NAME } from "#config/topic-settings.ts";
import {
  type ConfigRequest,
  type ConfigResource,
  ResourceType,
} from "#controller/change-configs.ts";
import { kafkaRefusal } from "./kafka-problem.ts";
import type { V1Services } from "./services.ts";

const ORIGINS: Readonly<Record<ConfigSource, ConfigOrigin>> = {
  [ConfigSource.TOPIC]: "topic",
  [ConfigSource.DYNAMIC_BROKER]: "dynamicBroker",
  [ConfigSource.DYNAMIC_DEFAULT_BROKER]: "dynamicDefault",
  [ConfigSource.STATIC_BROKER]: "static",
  [ConfigSource.DEFAULT]: "default",
  [ConfigSource.GROUP]: "default",
};

/** The source of what a resource sets itself. */
function ownSource({ type, name }: ConfigResource): ConfigSource {
  if (type === ResourceType.TOPIC) return ConfigSource.TOPIC;
  return name === "" ? ConfigSource.DYNAMIC_DEFAULT_BROKER : ConfigSource.DYNAMIC_BROKER;
}

/** Entries of topics where `own` is `TOPIC`, of brokers otherwise. */
export function configsOf(entries: readonly ConfigEntry[], own: ConfigSource): Config[] {
  const table = own === ConfigSource.TOPIC ? TOPIC_SETTINGS_BY_NAME : BROKER_SETTINGS_BY_NAME;
  return entries.flatMap((entry) => {
    const setting = table.get(entry.name);
    return setting === undefined ? [] : [configOf(entry, setting, own)];
  });
}

function configOf(entry: ConfigEntry, setting: Setting, own: ConfigSource): Config {
  const { synonyms } = entry;
  const builtIn = synonyms.filter(({ source }) => source === ConfigSource.DEFAULT);
  return {
    name: entry.name,
    value: entry.value,
    origin: ORIGINS[entry.source],
    inherited: effectiveText(synonyms.filter(({ source }) => source !== own)),
    default: effectiveText(builtIn) ?? setting.default,
    type: setting.type,
    unit: setting.unit,
    allowed: setting.allowed,
    doc: setting.doc,
    isReadOnly: entry.isReadOnly,
    isSensitive: false,
    notServed: setting.served?.because ?? null,
    layers: synonyms.map(layerOf),
  };
}

function layerOf(candidate: ConfigCandidate): Config["layers"][number] {
  return {
    origin: ORIGINS[candidate.source],
    name: candidate.name,
    value: effectiveText([candidate]) ?? candidate.value,
  };
}

/** The settings of a resource. Throws the refusal where they are not known here. */
export function describe(
  { controller }: V1Services,
  resource: ConfigResource,
  subject: string,
): Config[] {
  const { errorCode, message, entries } = controller.describeConfigs(resource, null);
  if (entries === null) throw kafkaRefusal(errorCode, { subject, message });
  return configsOf(entries, ownSource(resource));
}

export interface Change extends ConfigResource {
  /** What it is about, for refusals. */
  readonly subject: string;
  /** Values by name; null for what is inherited. */
  readonly configs: Readonly<Record<string, string | null>>;
  readonly expectedVersion: string | null;
  readonly isDryRun: boolean;
  /** Who asks. */
  readonly actor: Actor;
  /** The version of the settings now. */
  readonly version: () => string;
}

/** Changes settings, or says what would become of them; throws the refusal that names each bad value. */
export async function change(services: V1Services, asked: Change): Promise<ConfigChanges> {
  const { controller } = services;
  const { type, name, configs, subject, expectedVersion, isDryRun } = asked;
  const names = Object.keys(configs);
  const changes = Object.entries(configs).map(changeOf);
  const request: ConfigRequest = { type, name, changes, isReplacing: false, expectedVersion };
  const before = controller.describeConfigs(request, names).entries ?? [];
  const planned = controller.describeConfigsAfter(request, names).entries ?? [];
  const options = { isValidateOnly: isDryRun };
  const [result] = await services.changes.alterConfigs(asked.actor, [request], options);
  const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (errorCode !== ErrorCode.NONE) {
    const errors = fieldErrors(type === ResourceType.TOPIC ? "topic" : "broker", configs);
    throw kafkaRefusal(errorCode, { subject, message: result?.message ?? null, errors });
  }
  const after = isDryRun ? planned : (controller.describeConfigs(request, names).entries ?? []);
  return {
    isDryRun,
    etag: asked.version(),
    changes: names.map((one) => ({
      name: one,
      before: stateOf(one, before),
      after: stateOf(one, after),
    })),
  };
}

function changeOf([name, value]: readonly [string, string | null]): ConfigChange {
  return { name, operation: value === null ? "delete" : "set", value };
}

/** An entry that is not listed is at its built-in value: the defaults of all brokers list what is set. */
function stateOf(
  name: string,
  entries: readonly ConfigEntry[],
): ConfigChanges["changes"][number]["before"] {
  const entry = entries.find((one) => one.name === name);
  if (entry !== undefined) return { value: entry.value, origin: ORIGINS[entry.source] };
  return { value: BROKER_SETTINGS_BY_NAME.get(name)?.default ?? null, origin: "default" };
}

/** What is wrong with each of the settings alone, by its name in the body. */
export function fieldErrors(
  kind: "topic" | "broker",
  configs: Readonly<Record<string, string | null>>,
): FieldError[] {
  return Object.entries(configs).flatMap(([name, value]) => {
    const changes = [changeOf([name, value])];
    const outcome = changeConfigs(NO_OVERRIDES, changes, { kind, layers: NO_LAYERS });
    if (!("problem" in outcome)) return [];
    return [{ in: "body", field: `configs.${name}`, message: outcome.problem }];
  });
}
