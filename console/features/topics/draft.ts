/** A topic that is being thought up: what the form holds, and what it amounts to. */
import type { Config } from "@runnel/contracts/configs.ts";
import type { NewTopic } from "@runnel/contracts/topics.ts";
import { bootstrapFlag, shellQuote } from "../../lib/snippets.ts";

export interface Draft {
  readonly name: string;
  /** As typed; empty: the default. */
  readonly partitionCount: string;
  readonly replicationFactor: string;
  readonly configs: Readonly<Record<string, string>>;
}

export const EMPTY_DRAFT: Draft = {
  name: "",
  partitionCount: "",
  replicationFactor: "",
  configs: {},
};

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly configs: Readonly<Record<string, string>>;
}

export const PRESETS: readonly Preset[] = [
  {
    id: "log",
    title: "Log",
    text: "Keeps events for a while, as the broker's defaults say",
    configs: {},
  },
  {
    id: "table",
    title: "Compacted table",
    text: "Keeps the latest event of each key, for ever",
    configs: { "cleanup.policy": "compact" },
  },
  {
    id: "short",
    title: "Short-lived",
    text: "Forgets events after an hour",
    configs: { "retention.ms": "3600000", "segment.ms": "600000" },
  },
  {
    id: "archive",
    title: "Archive",
    text: "Keeps every event until somebody deletes it",
    configs: { "retention.ms": "-1", "retention.bytes": "-1" },
  },
];

/** Why the preset cannot be had from this broker; null if it can. */
export function presetRefusal(preset: Preset, configs: readonly Config[]): string | null {
  const refused = configs.find(
    ({ name, notServed }) => notServed !== null && Object.hasOwn(preset.configs, name),
  );
  return refused?.notServed ?? null;
}

/** The preset whose settings the draft has, and no other of those that presets know. */
export function presetOf({ configs }: Draft): Preset | null {
  const known = new Set(PRESETS.flatMap((preset) => Object.keys(preset.configs)));
  const own = Object.entries(configs).filter(([name]) => known.has(name));
  return (
    PRESETS.find(
      (preset) =>
        Object.keys(preset.configs).length === own.length &&
        own.every(([name, value]) => preset.configs[name] === value),
    ) ?? null
  );
}

/** The draft with the settings of `preset` in place of those of others. */
export function withPreset(draft: Draft, preset: Preset): Draft {
  const known = new Set(PRESETS.flatMap(({ configs }) => Object.keys(configs)));
  const others = Object.entries(draft.configs).filter(([name]) => !known.has(name));
  return { ...draft, configs: { ...Object.fromEntries(others), ...preset.configs } };
}

export function withConfig(draft: Draft, name: string, value: string): Draft {
  const { [name]: _, ...rest } = draft.configs;
  return { ...draft, configs: value === "" ? rest : { ...rest, [name]: value } };
}

/** What is sent. Texts that are no numbers become ones that the broker refuses in its own words. */
export function toRequest({ name, partitionCount, replicationFactor, configs }: Draft): NewTopic {
  return {
    name,
    ...(partitionCount === "" ? {} : { partitionCount: toNumber(partitionCount) }),
    ...(replicationFactor === "" ? {} : { replicationFactor: toNumber(replicationFactor) }),
    ...(Object.keys(configs).length === 0 ? {} : { configs }),
  };
}

const toNumber = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : 0);

/** The same by the command line. */
export function toCommand(draft: Draft, bootstrap: string): string {
  const { name, partitionCount, replicationFactor, configs } = draft;
  const lines = [
    `npx runnel topic create ${name === "" ? "NAME" : shellQuote(name)}`,
    ...(partitionCount === "" ? [] : [`  --partitions ${shellQuote(partitionCount)}`]),
    ...(replicationFactor === ""
      ? []
      : [`  --replication-factor ${shellQuote(replicationFactor)}`]),
    ...Object.entries(configs).map(([key, value]) => `  --config ${shellQuote(`${key}=${value}`)}`),
  ];
  const flag = bootstrapFlag(bootstrap).trim();
  return [...lines, ...(flag === "" ? [] : [`  ${flag}`])].join(" \\\n");
}

/** The same by HTTP. */
export function toHttp(draft: Draft, admin: string): string {
  const body = JSON.stringify(toRequest(draft), null, 2);
  return `curl -X POST http://${admin}/v1/topics \\\n  -H 'content-type: application/json' \\\n  -d ${shellQuote(body)}`;
}
