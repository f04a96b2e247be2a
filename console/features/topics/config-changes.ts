/** Settings that are about to be changed. */
import type { Config } from "@runnel/contracts/configs.ts";

/** Wanted values by name; null takes a setting back to what it inherits. */
export type Changes = Readonly<Record<string, string | null>>;

/** Setting a setting to what it is already is no change. */
export function withChange(changes: Changes, config: Config, value: string | null): Changes {
  const { [config.name]: _, ...rest } = changes;
  const own = config.origin === "topic" ? config.value : null;
  return value === own ? rest : { ...rest, [config.name]: value };
}
