/**
 * The command line as a whole. Descriptions of commands are light and loaded always; what a command
 * does is loaded when it runs.
 */
import { Command, CommanderError } from "commander";
import { BrokenPipeError, CommandError, ExitCode, UsageError } from "./cli/failure.ts";
import { brokerCommand } from "./commands/broker.ts";
import { clusterCommand } from "./commands/cluster.ts";
import { completionCommand } from "./commands/completion.ts";
import { consoleCommand } from "./commands/console.ts";
import { consumeCommand } from "./commands/consume.ts";
import { groupCommand } from "./commands/group.ts";
import { produceCommand } from "./commands/produce.ts";
import { topicCommand } from "./commands/topic.ts";
import { transactionCommand } from "./commands/transaction.ts";
import { demoCommand, upCommand } from "./commands/up.ts";
import { readVersion } from "./version.ts";

const HELP_WIDTH_MAX = 100;

const EXAMPLES = `
Examples:
  $ runnel up                                       a broker and its console on this machine
  $ runnel topic create orders --partitions 3
  $ echo "hello" | runnel produce orders
  $ runnel consume orders --from beginning

Every command explains itself: runnel topic create --help
Exit codes: 0 success, 1 the operation failed, 2 bad usage.`;

/** Runs what `argv` (node, script, arguments…) asks for; returns the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync([...argv]);
    return typeof process.exitCode === "number" ? process.exitCode : ExitCode.OK;
  } catch (error) {
    return report(error);
  }
}

/** All commands and flags, with nothing run yet. */
export function createProgram(): Command {
  const program = new Command("runnel")
    .description("Event streaming that every Kafka client can use.")
    .version(readVersion())
    .addHelpText("after", EXAMPLES)
    .addCommand(upCommand())
    .addCommand(brokerCommand())
    .addCommand(consoleCommand())
    .addCommand(topicCommand())
    .addCommand(produceCommand())
    .addCommand(consumeCommand())
    .addCommand(groupCommand())
    .addCommand(transactionCommand())
    .addCommand(clusterCommand())
    .addCommand(completionCommand())
    .addCommand(demoCommand(), { hidden: true });
  configure(program, "runnel");
  return program;
}

/** Commander ends the process itself unless told otherwise, for every command of the tree. */
function configure(command: Command, path: string): void {
  command
    .exitOverride()
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH_MAX, HELP_WIDTH_MAX),
    })
    .configureOutput({
      outputError: (text, write) => {
        const sentence = text
          .replace(/^error: /, "")
          .trim()
          .replaceAll(/\s*\n\s*/g, " ");
        write(`runnel: ${sentence}; see ${path} --help\n`);
      },
    });
  for (const child of command.commands) configure(child, `${path} ${child.name()}`);
}

function report(error: unknown): number {
  if (error instanceof BrokenPipeError) return ExitCode.OK;
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
  if (error instanceof UsageError) {
    process.stderr.write(`runnel: ${error.message}\n`);
    return ExitCode.USAGE;
  }
  if (error instanceof CommandError) {
    process.stderr.write(`runnel: ${error.message}\n`);
    return ExitCode.FAILED;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`runnel: this is a bug, please report it: ${text}\n`);
  return ExitCode.FAILED;
}
