/** What all commands that speak to a cluster share: flags, connection, errors. */
import type { Command } from "commander";
import { BrokenPipeError, CommandError, UsageError } from "../cli/failure.ts";
import { Output } from "../cli/output.ts";
import { type HostPort, parseBootstrap } from "../cli/values.ts";
import type { Cluster } from "../kafka/cluster.ts";

const DEFAULT_BOOTSTRAP = "127.0.0.1:9092";
export const BOOTSTRAP_VARIABLE = "RUNNEL_BOOTSTRAP";

export interface ClientFlags {
  readonly bootstrap: string;
  readonly json?: boolean;
}

/** Adds `--bootstrap` and `--json`. */
export function addClientFlags(command: Command, json: string): Command {
  return command
    .option(
      "-b, --bootstrap <host:port,…>",
      `brokers to ask first (also ${BOOTSTRAP_VARIABLE})`,
      process.env[BOOTSTRAP_VARIABLE] ?? DEFAULT_BOOTSTRAP,
    )
    .option("--json", json);
}

export interface Session {
  readonly cluster: Cluster;
  readonly output: Output;
  readonly bootstrap: readonly HostPort[];
  readonly isJson: boolean;
}

/** Connects, runs, disconnects. Whatever the client library throws becomes a `CommandError`. */
export async function withCluster(
  flags: ClientFlags,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const bootstrap = parseBootstrap(flags.bootstrap, "--bootstrap");
  const output = new Output();
  const [{ Cluster }, { explain }] = await Promise.all([
    import("../kafka/cluster.ts"),
    import("../kafka/explain.ts"),
  ]);
  await using cluster = new Cluster(bootstrap);
  try {
    await run({ cluster, output, bootstrap, isJson: flags.json === true });
  } catch (error) {
    if (isOurs(error)) throw error;
    if (isOfClient(error)) throw new CommandError(explain(error, flags.bootstrap));
    throw error;
  }
}

function isOurs(error: unknown): boolean {
  return [UsageError, CommandError, BrokenPipeError].some((kind) => error instanceof kind);
}

/** Errors of the client library have codes of their own; those of sockets come wrapped in them. */
function isOfClient(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("PLT_KFK_");
}
