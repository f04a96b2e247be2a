/** `runnel group`: the flags. What they do is in `group-read.ts` and `group-write.ts`. */
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { PLACE_NAMES } from "../cli/position.ts";
import { collect } from "../cli/values.ts";
import { addClientFlags } from "./client.ts";
import { GROUP_STATES, stateOption } from "./state-choices.ts";

const JSON_TEXT = "print one JSON document instead of a table";

export function groupCommand(): Command {
  return new Command("group")
    .description("List, describe, reset and delete consumer groups.")
    .addCommand(listCommand())
    .addCommand(describeCommand())
    .addCommand(resetCommand())
    .addCommand(deleteCommand());
}

function listCommand(): Command {
  const command = new Command("list")
    .description("List the groups of the cluster.")
    .addOption(stateOption("groups", GROUP_STATES))
    .action(async (flags) => (await import("./group-read.ts")).listGroups(flags));
  return addClientFlags(command, JSON_TEXT);
}

function describeCommand(): Command {
  const command = new Command("describe")
    .description("Show members, assignments, committed offsets and lag of groups.")
    .argument("<group...>", "ids of groups")
    .action(async (groups, flags) => {
      return (await import("./group-read.ts")).describeGroups(groups, flags);
    })
    .addHelpText("after", "\nExample:\n  $ runnel group describe billing");
  return addClientFlags(command, JSON_TEXT);
}

function resetCommand(): Command {
  const command = new Command("reset")
    .description("Move the committed offsets of a group that has no members.")
    .argument("<group>", "id of the group")
    .addOption(
      new ChoiceOption({
        flag: "--to",
        choices: PLACE_NAMES,
        placeholder: "place",
        description: "beginning, end, an offset, -N (N before the end), or a time",
      }).makeOptionMandatory(),
    )
    .option(
      "-t, --topic <topic[:partitions]>",
      "only this topic, such as orders or orders:0,2-4 (repeatable); all that the group reads if not given",
      collect,
    )
    .option("--dry-run", "show what would change")
    .action(async (group, flags) => (await import("./group-write.ts")).resetGroup(group, flags))
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel group reset billing --to beginning --topic orders --dry-run\n" +
        "  $ runnel group reset billing --to 2026-05-01T08:00Z",
    );
  return addClientFlags(command, JSON_TEXT);
}

function deleteCommand(): Command {
  const command = new Command("delete")
    .description("Delete groups that have no members, with their committed offsets.")
    .argument("<group...>", "ids of groups")
    .action(async (groups, flags) => {
      return (await import("./group-write.ts")).deleteGroups(groups, flags);
    });
  return addClientFlags(command, JSON_TEXT);
}
