/** Settings of a broker as they are changed: for itself, or for all brokers. */
import type { Config } from "@runnel/contracts/configs.ts";
import type { OwnConfig } from "../../ui/config-changes.ts";

export type Scope = "broker" | "all";

/**
 * The settings of a broker, each with what the scope sets itself. `all`: what was set at run time for all
 * brokers, which lists only what was set.
 */
export function ownConfigs(
  scope: Scope,
  broker: readonly Config[],
  all: readonly Config[],
): readonly OwnConfig[] {
  if (scope === "broker") {
    return broker.map((config) => ({
      config,
      own: config.origin === "dynamicBroker" ? config.value : null,
    }));
  }
  const set = new Map(all.map(({ name, value }) => [name, value]));
  return broker.map((config) => ({
    config: { ...config, inherited: withoutDynamic(config) },
    own: set.get(config.name) ?? null,
  }));
}

/** What counts where nothing was set at run time. */
function withoutDynamic({ layers, default: builtIn }: Config): string | null {
  const layer = layers.find(({ origin }) => origin === "static" || origin === "default");
  return layer?.value ?? builtIn;
}

/** How to set what is read at the start alone. */
export function startNote(name: string): string {
  const variable = `RUNNEL_${name
    .replace(/^runnel\./, "")
    .replaceAll(".", "_")
    .toUpperCase()}`;
  return `Set it in the configuration file or as ${variable}, then start the broker again.`;
}
