/** `runnel consume`: the flags. What it does is in `consume-run.ts`. */
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { PLACE_NAMES } from "../cli/position.ts";
import { addClientFlags } from "./client.ts";

export function consumeCommand(): Command {
  const command = new Command("consume")
    .description("Read records of a topic: up to --to or --max, else until Ctrl-C.")
    .argument("<topic>", "name of the topic")
    .addOption(
      new ChoiceOption({
        flag: "--from",
        choices: PLACE_NAMES,
        placeholder: "place",
        description:
          "beginning, end, an offset, -N (the last N), or a time (default: end; beginning with --to)",
      }),
    )
    .addOption(
      new ChoiceOption({
        flag: "--to",
        choices: ["end"],
        placeholder: "place",
        description: "stop before this place: end (as of now), an offset, -N, or a time",
      }),
    )
    .option("-g, --group <id>", "read as a member of this group, and commit what was printed")
    .option("-p, --partition <list>", "only these partitions, such as 0,2,5-7")
    .option("-k, --key <text>", "only records with exactly this key")
    .option("-n, --max <number>", "stop after so many records")
    .action(async (topic, flags) => (await import("./consume-run.ts")).consume(topic, flags))
    .addHelpText("after", EXAMPLES);
  return addClientFlags(command, "print each record as one line of JSON");
}

const EXAMPLES = `
On a terminal a line shows time, partition:offset, key and value, made harmless. Into a file or a
pipe go the values alone, byte for byte, each with a line feed; --json shows everything there too.

A time is ISO 8601 (UTC where it names no zone) or milliseconds since 1970. With --group, --from
counts only where the group has committed nothing, and is beginning or end. An offset that is not
there is replaced by the nearest one, with a remark.

Examples:
  $ runnel consume orders --from beginning
  $ runnel consume orders --from 2026-05-01T08:00Z --to 2026-05-01T09:00Z --json
  $ runnel consume orders --from -10 --to end
  $ runnel consume orders --group billing --max 100`;
