/** `docs/config.md`, from the table of settings. */
import { BROKER_SETTINGS_BY_NAME } from "./broker-settings.ts";
import { GROUP_SETTINGS_BY_NAME } from "./group-settings.ts";
import { variableOf } from "./load.ts";
import type { Setting } from "./setting.ts";
import { TOPIC_SETTINGS_BY_NAME } from "./topic-settings.ts";

const INTRODUCTION = `# Settings

<!-- Printed by "npm run docs:config" from broker/src/config; do not edit. -->

A setting has Kafka's name where Kafka has the setting; names of Runnel's own begin with \`runnel.\`.
A broker takes its settings from the configuration file (YAML, \`name: value\`), then from the
environment, then from flags; the later wins. A variable is the name in capitals with \`_\` for \`.\`:
\`${variableOf("log.retention.hours")}\`, \`${variableOf("runnel.tail.cache.bytes")}\`. In files,
variables and flags a time may be written \`90s\`, \`15m\`, \`24h\`, \`7d\`, and a size \`64MiB\` or \`1GB\`.

"Live" settings can also be changed while the broker runs (\`kafka-configs\`, the console, any admin
client), for one broker or for all; the others take effect at the next start. Settings of topics and groups
are always live. What one of them does not set comes from the broker setting named beside it.

A setting marked *not built* keeps its default: any other value is refused with INVALID_CONFIG.
`;

/** The page, newline at the end included. */
export function configPage(): string {
  const topics = [...TOPIC_SETTINGS_BY_NAME.values()];
  const brokers = [...BROKER_SETTINGS_BY_NAME.values()];
  const groups = [...GROUP_SETTINGS_BY_NAME.values()];
  return [
    INTRODUCTION,
    "## Topics\n",
    table(topics, "from the broker's", fallbacks),
    "\n## Brokers\n",
    table(brokers, "live", (setting) => (setting.isDynamic ? "yes" : "")),
    "\n## Groups\n",
    table(groups, "from the broker's", fallbacks),
    "",
  ].join("\n");
}

function table(
  settings: readonly Setting[],
  heading: string,
  extra: (setting: Setting) => string,
): string {
  const rows = settings.map((setting) => {
    const cells = [`\`${setting.name}\``, type(setting), initial(setting), extra(setting)];
    return `| ${[...cells, meaning(setting)].join(" | ")} |`;
  });
  return [
    `| name | type | default | ${heading} | meaning |`,
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function type(setting: Setting): string {
  return setting.unit === null ? setting.type : `${setting.type}, ${setting.unit}`;
}

function initial(setting: Setting): string {
  if (setting.default === null) return "none";
  return setting.default === "" ? "empty" : `\`${setting.default}\``;
}

function fallbacks(setting: Setting): string {
  return setting.synonyms.map(({ name }) => `\`${name}\``).join(", ");
}

function meaning(setting: Setting): string {
  const { served } = setting;
  const state = served === null ? "" : ` *Not built: ${served.because}.*`;
  const allowed = `${setting.allowed[0]?.toUpperCase() ?? ""}${setting.allowed.slice(1)}`;
  return `${setting.doc} ${allowed}.${state}`.replaceAll("|", "\\|");
}
