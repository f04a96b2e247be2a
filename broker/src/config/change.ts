/**
 * Changes of settings at run time, as pure functions from the overrides there are to those there will
 * be: one operation per name (KIP-339), or the whole set replaced.
 */
import { BROKER_SETTINGS_BY_NAME } from "./broker-settings.ts";
import {
  type BrokerLayers,
  brokerCandidates,
  effectiveText,
  type Overrides,
  topicCandidates,
} from "./effective.ts";
import { GROUP_SETTINGS_BY_NAME } from "./group-settings.ts";
import { problemOf, quote, type Setting, splitList } from "./setting.ts";
import { TOPIC_SETTINGS_BY_NAME } from "./topic-settings.ts";

export interface ConfigChange {
  readonly name: string;
  readonly operation: "set" | "delete" | "append" | "subtract";
  /** Not looked at for "delete". */
  readonly value: string | null;
}

/** Whose settings change. */
export interface ConfigScope {
  readonly kind: "topic" | "broker" | "group";
  /** An internal topic, changed by the broker itself: values not served for others are allowed. */
  readonly isInternal?: boolean;
  /** What the broker gave its own topic and a client could not: it stays whatever is asked. */
  readonly pinned?: Overrides;
  /** What lies below the overrides: where append and subtract begin. */
  readonly layers: BrokerLayers;
}

/** The overrides after a change, by name; or why there is none. */
export type ConfigOutcome =
  | { readonly overrides: Overrides }
  | { readonly code: "INVALID_CONFIG" | "INVALID_REQUEST"; readonly problem: string };

/** Applies `changes` to `current`, all or none. */
export function changeConfigs(
  current: Overrides,
  changes: readonly ConfigChange[],
  scope: ConfigScope,
): ConfigOutcome {
  const next = new Map([...current, ...(scope.pinned ?? [])]);
  const seen = new Set<string>();
  for (const change of changes) {
    if (seen.has(change.name)) {
      return refuse("INVALID_REQUEST", `${cut(change.name)}: named twice in one request`);
    }
    seen.add(change.name);
    const setting = settingOf(scope.kind, change.name);
    if (setting === undefined) {
      return refuse(
        "INVALID_CONFIG",
        `${cut(change.name)}: no ${scope.kind} setting has this name`,
      );
    }
    if (scope.kind === "broker" && !setting.isDynamic) {
      const how = "set it in the configuration file and start the broker again";
      return refuse(
        "INVALID_CONFIG",
        `${setting.name}: cannot change while the broker runs: ${how}`,
      );
    }
    const pinned = scope.pinned?.get(setting.name);
    if (pinned !== undefined) {
      if (change.operation === "set" && change.value === pinned) continue;
      const why = `the broker keeps ${quote(pinned)} for a topic of its own`;
      return refuse("INVALID_CONFIG", `${setting.name}: cannot change: ${why}`);
    }
    if (change.operation === "delete") {
      next.delete(setting.name);
      continue;
    }
    const outcome = valueAfter(setting, change, current, scope);
    if ("problem" in outcome) return outcome;
    next.set(setting.name, outcome.text);
  }
  return { overrides: sorted(next) };
}

/** Overrides that hold `entries` and nothing else; a null value stands for the default. */
export function replaceConfigs(
  entries: readonly { readonly name: string; readonly value: string | null }[],
  scope: ConfigScope,
): ConfigOutcome {
  const changes = entries.map(({ name, value }): ConfigChange => {
    return { name, operation: value === null ? "delete" : "set", value };
  });
  return changeConfigs(new Map(), changes, scope);
}

type Refusal = Extract<ConfigOutcome, { readonly problem: string }>;

function valueAfter(
  setting: Setting,
  change: ConfigChange,
  current: Overrides,
  scope: ConfigScope,
): { readonly text: string } | Refusal {
  const { operation, value } = change;
  if (value === null) {
    return refuse("INVALID_REQUEST", `${setting.name}: ${operation} needs a value`);
  }
  if (operation !== "set" && setting.type !== "list") {
    return refuse("INVALID_CONFIG", `${setting.name}: ${operation} needs a list, and it is none`);
  }
  const text = operation === "set" ? value : edit(setting, operation, value, current, scope);
  const problem = problemOf(setting, text, { isInternal: scope.isInternal ?? false });
  if (problem !== null) return refuse("INVALID_CONFIG", problem);
  const parsed = setting.parse(text);
  return "text" in parsed ? parsed : refuse("INVALID_CONFIG", parsed.problem);
}

/** A list with items added that it lacks, or without some; it begins with the effective value. */
function edit(
  setting: Setting,
  operation: ConfigChange["operation"],
  value: string,
  current: Overrides,
  scope: ConfigScope,
): string {
  const below =
    scope.kind === "topic"
      ? topicCandidates(setting, current, scope.layers)
      : brokerCandidates(setting, scope.layers);
  const before = splitList(current.get(setting.name) ?? effectiveText(below) ?? "");
  const items = splitList(value);
  const after =
    operation === "append"
      ? [...before, ...items.filter((item) => !before.includes(item))]
      : before.filter((item) => !items.includes(item));
  return after.join(",");
}

function settingOf(kind: ConfigScope["kind"], name: string): Setting | undefined {
  if (kind === "topic") return TOPIC_SETTINGS_BY_NAME.get(name);
  return (kind === "broker" ? BROKER_SETTINGS_BY_NAME : GROUP_SETTINGS_BY_NAME).get(name);
}

function sorted(overrides: ReadonlyMap<string, string>): Overrides {
  return new Map([...overrides].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function refuse(code: Refusal["code"], problem: string): Refusal {
  return { code, problem };
}

/** Names come from outside and may hold anything. */
function cut(name: string): string {
  return /^[\w.-]{1,100}$/.test(name) ? name : quote(name);
}
