/** `runnel produce`: the flags. What it does is in `produce-run.ts`. */
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { collect } from "../cli/values.ts";
import { addClientFlags } from "./client.ts";
import { ACKS, COMPRESSIONS } from "./produce-choices.ts";

export function produceCommand(): Command {
  const command = new Command("produce")
    .description("Write records to a topic, one per line of standard input or of a file.")
    .argument("<topic>", "name of the topic; created where the brokers do that by themselves")
    .option("-k, --key <text>", "the key of every record")
    .option("-K, --key-separator <text>", "a line is KEY, this, VALUE")
    .option("-H, --header <name=value>", "a header of every record (repeatable)", collect)
    .option("-p, --partition <number>", "write to this partition; else by key, else in turn")
    .addOption(
      new ChoiceOption({
        flag: "--acks",
        choices: ACKS,
        description: "who must have a record before it counts",
      }).default("all"),
    )
    .addOption(
      new ChoiceOption({
        flag: "-z, --compression",
        choices: COMPRESSIONS,
        description: "compress batches",
      }).default("none"),
    )
    .option("-f, --file <path>", "read lines from here; - is standard input")
    .action(async (topic, flags) => (await import("./produce-run.ts")).produce(topic, flags))
    .addHelpText("after", EXAMPLES);
  return addClientFlags(
    command,
    "lines are records in JSON, as consume --json prints them; print the counts as JSON",
  );
}

const EXAMPLES = `
In JSON a record is {"key": …, "value": …, "headers": [{"name": …, "value": …}]}, with
"partition" and "timestamp" if you like. A key or value is null, a string, or
{"encoding": "utf8" or "base64", "data": "…"}.

Examples:
  $ echo "hello" | runnel produce orders
  $ runnel produce orders --key-separator : < orders.txt
  $ runnel consume orders --from beginning --to end --json | runnel produce copy --json`;
