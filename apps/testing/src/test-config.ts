/** The settings of a broker in a test suite: its own defaults, and what the suite says over them. */
import { type LoadedConfig, loadConfig } from "@runnel/broker/config/load.ts";
import { ConfigError } from "@runnel/kit/errors.ts";
import type { SettingValue } from "./options.ts";

/**
 * What differs from the defaults of a broker: a group starts with its first member instead of waiting
 * 3 s for more, and the topic of committed offsets has one partition to create and to load, not 50. A
 * test's own changes need no log, whose topic would turn up in lists.
 */
const TEST_DEFAULTS: Readonly<Record<string, SettingValue>> = {
  "group.initial.rebalance.delay.ms": 0,
  "offsets.topic.num.partitions": 1,
  "runnel.audit.enable": false,
};

const SOURCE = "config of startBroker()";

/** Settings that an option or the place decides, with what to do instead. */
const DECIDED: ReadonlyMap<string, string> = new Map([
  ["log.dirs", "use the option `folder`"],
  ["log.dir", "use the option `folder`"],
]);

const ADMIN = "runnel.admin.listener";

/** Validates everything; throws `ConfigError`. The environment has no say. */
export function loadTestConfig(options: {
  readonly config?: Readonly<Record<string, SettingValue>>;
  readonly port?: number;
}): LoadedConfig {
  const given = options.config ?? {};
  for (const [name, advice] of DECIDED) {
    if (name in given) throw new ConfigError(`${SOURCE}: ${name} has no effect here: ${advice}`);
  }
  if ((given[ADMIN] ?? "off") !== "off") {
    throw new ConfigError(`${SOURCE}: ${ADMIN} is off here: a broker in a test has no admin API`);
  }
  if (options.port !== undefined && "listeners" in given) {
    throw new ConfigError(`${SOURCE}: listeners and the option \`port\` exclude each other`);
  }
  const flags = new Map<string, string>([
    ["listeners", `PLAINTEXT://127.0.0.1:${options.port ?? 0}`],
    [ADMIN, "off"],
  ]);
  for (const [name, value] of Object.entries({ ...TEST_DEFAULTS, ...given })) {
    if (value !== undefined) flags.set(name, String(value));
  }
  return loadConfig({ file: null, env: {}, flags, flagsSource: SOURCE, isInsecure: false });
}
