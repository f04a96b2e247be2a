/** `runnel transaction`: the flags. What they do is in `transaction-read.ts` and `transaction-abort.ts`. */
import { Command } from "commander";
import { addClientFlags } from "./client.ts";
import { stateOption, TRANSACTION_STATES } from "./state-choices.ts";

const JSON_TEXT = "print one JSON document instead of a table";

export function transactionCommand(): Command {
  return new Command("transaction")
    .description("List, describe and abort transactions.")
    .addCommand(listCommand())
    .addCommand(describeCommand())
    .addCommand(abortCommand());
}

function listCommand(): Command {
  const command = new Command("list")
    .description("List the transactional ids of the cluster.")
    .addOption(stateOption("ids", TRANSACTION_STATES))
    .option("--longer-than <seconds>", "only transactions that have run for longer")
    .action(async (flags) => (await import("./transaction-read.ts")).listAll(flags));
  return addClientFlags(command, JSON_TEXT);
}

function describeCommand(): Command {
  const command = new Command("describe")
    .description("Show state, producer and partitions of transactional ids.")
    .argument("<id...>", "transactional ids")
    .action(async (ids, flags) => (await import("./transaction-read.ts")).describeAll(ids, flags))
    .addHelpText("after", "\nExample:\n  $ runnel transaction describe payments-1");
  return addClientFlags(command, JSON_TEXT);
}

function abortCommand(): Command {
  const command = new Command("abort")
    .description(
      "Abort the transaction under way of a transactional id, or one that hangs in a partition.",
    )
    .argument("[id]", "transactional id")
    .option(
      "-t, --topic <topic[:partitions]>",
      "where a transaction hangs that has no transactional id any more, such as orders:3",
    )
    .option("--producer-id <number>", "whose transaction it is, with --topic")
    .option("--force", "with --topic, also where a transactional id has the transaction under way")
    .action(async (id, flags) => (await import("./transaction-abort.ts")).abort(id, flags))
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel transaction abort payments-1\n" +
        "  $ runnel transaction abort --topic orders:3                     says what is open there\n" +
        "  $ runnel transaction abort --topic orders:3 --producer-id 4000\n\n" +
        "A transaction ends by itself after the timeout of its producer. Abort one in a partition only\n" +
        "where nobody coordinates it any more: it ends there alone.",
    );
  return addClientFlags(command, JSON_TEXT);
}
