/** Settings that are about to be changed. */
import type { Config } from "@runnel/contracts/configs.ts";

/** Wanted values by name; null takes a setting back to what it inherits. */
export type Changes = Readonly<Record<string, string | null>>;

/** A setting with what the topic or broker sets itself; null: nothing, so that it inherits. */
export interface OwnConfig {
  readonly config: Config;
  readonly own: string | null;
}

/** Setting a setting to what it is already is no change. */
export function withChange(
  changes: Changes,
  { config: { name }, own }: OwnConfig,
  value: string | null,
): Changes {
  const { [name]: _, ...rest } = changes;
  return value === own ? rest : { ...rest, [name]: value };
}
