/**
 * `runnel broker`: one broker in this process. The only place where the command meets the broker's
 * code, which is loaded when it runs.
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { CommandError, UsageError } from "../cli/failure.ts";
import { collect, parseAddress, parseInteger, parsePair } from "../cli/values.ts";
import { readVersion } from "../version.ts";
import { addressesOf } from "./addresses.ts";
import { BOOTSTRAP_VARIABLE } from "./client.ts";

export interface BrokerFlags {
  readonly dataDir?: string;
  readonly kafka?: string;
  readonly admin?: string;
  readonly brokers?: string;
  readonly metadata?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly insecure?: boolean;
}

export function brokerCommand(): Command {
  const command = new Command("broker")
    .description("Run one broker in this process, until SIGTERM or Ctrl-C.")
    .option("--json", "print that it is ready, or why it failed, as a line of JSON")
    .action(async (flags: BrokerFlags & { readonly json?: boolean }) => {
      process.exitCode = await run(flags, flags.json === true ? JSON_VOICE : TEXT_VOICE);
    })
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel broker --data-dir /var/lib/runnel --config /etc/runnel.yaml\n" +
        "  $ runnel broker --kafka 127.0.0.1:0 --set log.retention.hours=24",
    );
  return addBrokerFlags(command);
}

/** The flags of a broker, which `up` takes too and hands on. */
export function addBrokerFlags(command: Command): Command {
  return command
    .option(
      "--data-dir <dir>",
      `where everything is kept; further disks behind commas (default: ${defaultDataDir()})`,
    )
    .option("--kafka <host:port>", "the Kafka protocol (default: 127.0.0.1:9092)")
    .addOption(
      new ChoiceOption({
        flag: "--admin",
        choices: ["off"],
        placeholder: "host:port|off",
        description: "metrics and health over HTTP (default: 127.0.0.1:9644)",
      }),
    )
    .option("--brokers <number>", "how many brokers; more than 1 comes with replication")
    .addOption(
      new ChoiceOption({
        flag: "--metadata",
        choices: ["embedded"],
        description: "where the metadata of the cluster is kept",
      }),
    )
    .option("--config <file>", "settings in YAML; flags and RUNNEL_… variables win over it")
    .option("--set <name=value>", "any setting by its name (repeatable)", collect)
    .option("--insecure", "accept connections from other machines without asking who they are");
}

/** `$XDG_DATA_HOME/runnel`, by default `~/.local/share/runnel`. */
function defaultDataDir(): string {
  return join(process.env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "runnel");
}

/** Settings by name, as the flags give them. Throws `UsageError` for what cannot be served. */
export function settingsOf(flags: BrokerFlags): Map<string, string> {
  const settings = new Map<string, string>();
  for (const text of flags.set ?? []) settings.set(...parsePair(text, "--set"));
  if (flags.brokers !== undefined && parseInteger(flags.brokers, "--brokers", { min: 1 }) > 1) {
    throw new UsageError(
      "--brokers: more than one broker needs replication, which is not built yet: use 1",
    );
  }
  if (flags.metadata?.startsWith("etcd://") === true) {
    throw new UsageError(
      "--metadata: a cluster on etcd is not built yet: leave it out, or use embedded",
    );
  }
  if (flags.metadata !== undefined) settings.set("runnel.metadata", flags.metadata);
  if (flags.dataDir !== undefined) settings.set("log.dirs", flags.dataDir);
  if (flags.kafka !== undefined) {
    parseAddress(flags.kafka, "--kafka");
    settings.set("listeners", `PLAINTEXT://${flags.kafka}`);
  }
  if (flags.admin !== undefined) {
    if (flags.admin !== "off") parseAddress(flags.admin, "--admin");
    settings.set("runnel.admin.listener", flags.admin);
  }
  return settings;
}

/** What a broker says on stdout. Errors go to stderr in any case. */
interface Voice {
  readonly ready: (line: string) => void;
  readonly failed: (reason: string) => void;
}

const TEXT_VOICE: Voice = {
  ready: (line) => void process.stdout.write(`${line}\n`),
  failed: () => {},
};

const JSON_VOICE: Voice = {
  ready: (line) => sayJson({ event: "ready", ...addressesOf(line) }),
  failed: (error) => sayJson({ event: "failed", error }),
};

function sayJson(event: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

async function run(flags: BrokerFlags, voice: Voice): Promise<number> {
  try {
    return await runWith(flags, voice);
  } catch (error) {
    if (error instanceof Error) voice.failed(error.message);
    throw error;
  }
}

async function runWith(flags: BrokerFlags, voice: Voice): Promise<number> {
  const settings = settingsOf(flags);
  const { loadConfig } = await import("@runnel/broker/config/load.ts");
  const { [BOOTSTRAP_VARIABLE]: _, ...env } = process.env;
  const load = (): ReturnType<typeof loadConfig> =>
    loadConfig({
      file: flags.config === undefined ? null : readConfig(flags.config),
      env,
      flags: settings,
      isInsecure: flags.insecure === true,
    });
  try {
    // The default of the setting is a folder beside the caller; a command has a better one.
    if (!load().fixed.has("log.dirs")) settings.set("log.dirs", defaultDataDir());
    const loaded = load();
    endWithSupervisor();
    const { runBroker } = await import("@runnel/broker/main.ts");
    return await runBroker({
      loaded,
      version: readVersion(),
      print: voice.ready,
      printFailure: voice.failed,
    });
  } catch (error) {
    // By name: the class itself would have to be loaded for every command.
    if (error instanceof Error && error.name === "ConfigError") throw new UsageError(error.message);
    if (error instanceof Error && error.name === "IoError") throw new CommandError(error.message);
    throw error;
  }
}

function readConfig(path: string): { readonly path: string; readonly text: string } {
  try {
    return { path, text: readFileSync(path, "utf8") };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--config: cannot read ${path}: ${reason}`);
  }
}

/** A supervisor that is killed closes its channel to us: then we stop in order, as on SIGTERM. */
function endWithSupervisor(): void {
  if (process.channel === undefined || process.channel === null) return;
  process.once("disconnect", () => process.kill(process.pid, "SIGTERM"));
  process.channel.unref();
}
