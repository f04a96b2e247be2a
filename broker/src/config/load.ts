/**
 * The broker's settings at start: default, configuration file (YAML), environment, flags; the later
 * wins. Everything is validated before anything is used.
 */
import { createRequire } from "node:module";
import { ConfigError, messageOf } from "@runnel/kit/errors.ts";
import type * as yaml from "yaml";
import { formatAddress, isLoopback } from "./address.ts";
import { BROKER_SETTINGS_BY_NAME, type BrokerConfig } from "./broker-settings.ts";
import { type Overrides, resolveBrokerConfig } from "./effective.ts";
import { timingsProblem } from "./group-settings.ts";
import { problemOf, quote, type Setting } from "./setting.ts";
import { expandUnits } from "./units.ts";

export interface ConfigSources {
  /** The text of the configuration file, and its path for messages; null for none. */
  readonly file: { readonly path: string; readonly text: string } | null;
  /** Environment variables; those that begin with `RUNNEL_` are looked at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names of settings with their values, as the command line gave them. */
  readonly flags: ReadonlyMap<string, string>;
  /** What messages call the flags where they did not come from a command line. */
  readonly flagsSource?: string;
  /** Accepts that other machines reach a broker that asks nobody who they are. */
  readonly isInsecure: boolean;
}

export interface LoadedConfig {
  /** What was said, by canonical name, as canonical text. */
  readonly fixed: Overrides;
  readonly broker: BrokerConfig;
  /** Sentences for the log: variables that look like settings and are none. */
  readonly warnings: readonly string[];
}

/** Other names Kafka takes for a setting. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["broker.id", "node.id"],
  ["log.dir", "log.dirs"],
]);

/** Throws `ConfigError` naming the setting, the value, where it came from and what is allowed. */
export function loadConfig(sources: ConfigSources): LoadedConfig {
  const fixed = new Map<string, string>();
  const warnings: string[] = [];
  if (sources.file !== null) {
    for (const [name, text] of readYaml(sources.file)) set(fixed, name, text, sources.file.path);
  }
  for (const [variable, text] of Object.entries(sources.env)) {
    if (!variable.startsWith("RUNNEL_") || text === undefined) continue;
    const name = NAMES_BY_VARIABLE.get(variable);
    if (name === undefined)
      warnings.push(`${variable}: no setting has this name; it is left alone`);
    else set(fixed, name, text, variable);
  }
  for (const [name, text] of sources.flags) {
    set(fixed, name, text, sources.flagsSource ?? `flag ${quote(name)}`);
  }
  const broker = resolveBrokerConfig(fixed);
  checkGroups(broker);
  warnings.push(...checkListeners(broker, sources.isInsecure));
  return { fixed, broker, warnings };
}

/** The environment variable of a setting: `RUNNEL_LOG_RETENTION_HOURS`. */
export function variableOf(name: string): string {
  const words = name.startsWith("runnel.") ? name.slice("runnel.".length) : name;
  return `RUNNEL_${words.toUpperCase().replaceAll(".", "_")}`;
}

const NAMES_BY_VARIABLE: ReadonlyMap<string, string> = new Map(
  [...BROKER_SETTINGS_BY_NAME.keys(), ...ALIASES.keys()].map((name) => [variableOf(name), name]),
);

function set(fixed: Map<string, string>, name: string, raw: string, source: string): void {
  const setting: Setting | undefined = BROKER_SETTINGS_BY_NAME.get(ALIASES.get(name) ?? name);
  if (setting === undefined) {
    throw new ConfigError(`${source}: no setting is called ${quote(name)} (see docs/config.md)`);
  }
  const text = expandUnits(setting, raw);
  const problem = problemOf(setting, text);
  if (problem !== null) throw new ConfigError(`${source}: ${problem}`);
  const parsed = setting.parse(text);
  if ("text" in parsed) fixed.set(setting.name, parsed.text);
}

/** Dotted names with their values. `log: {retention: {hours: 24}}` is `log.retention.hours: 24`. */
function readYaml(file: { readonly path: string; readonly text: string }): [string, string][] {
  // Loaded only where there is a file: its 70 modules would be a tenth of the start.
  const { parse } = createRequire(import.meta.url)("yaml") as typeof yaml;
  let root: unknown;
  try {
    // Every scalar stays text: the table says what it means, and 64-bit numbers keep their digits.
    root = parse(file.text, { schema: "failsafe", maxAliasCount: 0, mapAsMap: true });
  } catch (error) {
    throw new ConfigError(`${file.path}: no valid YAML: ${messageOf(error)}`);
  }
  if (root === null || root === undefined || root === "") return [];
  if (!(root instanceof Map)) {
    throw new ConfigError(`${file.path}: expected lines of the form "name: value"`);
  }
  const found: [string, string][] = [];
  flatten(root, "", found, file.path);
  return found;
}

function flatten(value: unknown, name: string, found: [string, string][], path: string): void {
  if (value instanceof Map) {
    for (const [key, inner] of value) {
      flatten(inner, name === "" ? String(key) : `${name}.${String(key)}`, found, path);
    }
    return;
  }
  if (typeof value === "string") found.push([name, value]);
  else if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    found.push([name, value.join(",")]);
  } else throw new ConfigError(`${path}: ${quote(name)} needs a plain value or a list of them`);
}

/** Refuses what the broker would not let a group set. */
function checkGroups(broker: BrokerConfig): void {
  const timings = {
    heartbeatIntervalMs: broker.groupConsumerHeartbeatIntervalMs,
    sessionTimeoutMs: broker.groupConsumerSessionTimeoutMs,
  };
  const problem = timingsProblem(timings, broker);
  if (problem !== null) throw new ConfigError(`group.consumer.…: ${problem}`);
}

/** Refuses listeners that cannot be served; returns what there is to warn of. */
function checkListeners(broker: BrokerConfig, isInsecure: boolean): readonly string[] {
  const names = new Set(broker.listeners.map((listener) => listener.name));
  for (const name of names) {
    if (name !== "PLAINTEXT") {
      throw new ConfigError(`listeners: ${name} is not served yet: only PLAINTEXT is`);
    }
  }
  for (const { name } of broker.advertisedListeners ?? []) {
    if (!names.has(name)) {
      throw new ConfigError(`advertised.listeners: ${name} is not among the listeners`);
    }
  }
  const admin = broker.runnelAdminListener;
  const bound = [
    ...broker.listeners.map((address) => ["listeners", address] as const),
    ...(admin === "off" ? [] : [["runnel.admin.listener", admin] as const]),
  ];
  const open = bound.filter(([, { host }]) => !isLoopback(host));
  const [first] = open;
  if (first !== undefined && !isInsecure) {
    const [setting, address] = first;
    throw new ConfigError(
      `${setting}: ${formatAddress(address)} can be reached from other machines, and nobody is ` +
        "asked who they are: use 127.0.0.1, or pass --insecure to accept it",
    );
  }
  return open.map(
    ([setting, address]) =>
      `INSECURE: ${setting}: whoever reaches ${formatAddress(address)} may read, change and delete ` +
      "everything, and is not asked who they are",
  );
}
