/** `runnel topic`: the flags. What they do is in `topic-read.ts` and `topic-write.ts`. */
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { collect } from "../cli/values.ts";
import { addClientFlags } from "./client.ts";

const JSON_TEXT = "print one JSON document instead of a table";

export function topicCommand(): Command {
  return new Command("topic")
    .description("List, create, describe, change and delete topics.")
    .addCommand(listCommand())
    .addCommand(describeCommand())
    .addCommand(createCommand())
    .addCommand(alterCommand())
    .addCommand(deleteCommand())
    .addCommand(recordsCommand());
}

function listCommand(): Command {
  const command = new Command("list")
    .description("List the topics of the cluster.")
    .option("--internal", "with the topics that the brokers keep for themselves")
    .action(async (flags) => (await import("./topic-read.ts")).listTopics(flags));
  return addClientFlags(command, JSON_TEXT);
}

function describeCommand(): Command {
  const command = new Command("describe")
    .description("Show partitions, replicas, offsets, sizes and settings of topics.")
    .argument("<topic...>", "names of topics")
    .option("--all-configs", "with settings that have their default value")
    .action(async (topics, flags) => {
      return (await import("./topic-read.ts")).describeTopics(topics, flags);
    })
    .addHelpText("after", "\nExample:\n  $ runnel topic describe orders payments");
  return addClientFlags(command, JSON_TEXT);
}

function createCommand(): Command {
  const command = new Command("create")
    .description("Create topics.")
    .argument("<topic...>", "names of the new topics")
    .option("-p, --partitions <number>", "number of partitions; the broker's default if not given")
    .option(
      "-r, --replicas <number>",
      "copies of each partition; the broker's default if not given",
    )
    .option("-c, --config <name=value>", "a setting of the topic (repeatable)", collect)
    .option("--if-not-exists", "no error for a topic that is there")
    .option("--dry-run", "have the broker check everything and create nothing")
    .action(async (topics, flags) => {
      return (await import("./topic-write.ts")).createTopics(topics, flags);
    })
    .addHelpText(
      "after",
      "\nExample:\n  $ runnel topic create orders --partitions 6 --config retention.ms=86400000",
    );
  return addClientFlags(command, JSON_TEXT);
}

function alterCommand(): Command {
  const command = new Command("alter")
    .description("Add partitions to a topic and change its settings.")
    .argument("<topic>", "name of the topic")
    .option("-p, --partitions <number>", "number of partitions there shall be; only ever more")
    .option("-c, --config <name=value>", "set a setting (repeatable)", collect)
    .option("--reset <name>", "give a setting its default value again (repeatable)", collect)
    .option("--dry-run", "have the broker check everything and change nothing")
    .action(async (topic, flags) => (await import("./topic-write.ts")).alterTopic(topic, flags))
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel topic alter orders --partitions 12\n" +
        "  $ runnel topic alter orders --config retention.ms=3600000 --reset segment.bytes",
    );
  return addClientFlags(command, JSON_TEXT);
}

function deleteCommand(): Command {
  const command = new Command("delete")
    .description("Delete topics with everything in them.")
    .argument("<topic...>", "names of topics")
    .option("--if-exists", "no error for a topic that is not there")
    .action(async (topics, flags) => {
      return (await import("./topic-write.ts")).deleteTopics(topics, flags);
    })
    .addHelpText("after", "\nExample:\n  $ runnel topic delete orders");
  return addClientFlags(command, JSON_TEXT);
}

function recordsCommand(): Command {
  const command = new Command("delete")
    .description("Delete the oldest records of a topic, up to an offset or a time.")
    .argument("<topic>", "name of the topic")
    .addOption(
      new ChoiceOption({
        flag: "--before",
        choices: ["end"],
        placeholder: "place",
        description: "end, an offset, -N (keep the last N), or a time",
      }).makeOptionMandatory(),
    )
    .option("--partition <list>", "only these partitions, such as 0,2,5-7")
    .option("--dry-run", "show what would be deleted")
    .action(async (topic, flags) =>
      (await import("./topic-records.ts")).deleteRecords(topic, flags),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel topic records delete orders --before end\n" +
        "  $ runnel topic records delete orders --before 2026-05-01T00:00Z --dry-run",
    );
  return new Command("records")
    .description("Work on the records of a topic.")
    .addCommand(addClientFlags(command, JSON_TEXT));
}
