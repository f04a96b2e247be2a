/** `runnel up`: everything on this machine. The flags; what it does is in `up-run.ts`. */
import { Command } from "commander";
import { ChoiceOption } from "../cli/choice-option.ts";
import { addBrokerFlags } from "./broker.ts";

export function upCommand(): Command {
  const command = new Command("up")
    .description(
      "Bring up Runnel on this machine: a broker and its console, kept alive by a supervisor.",
    )
    .option("--demo", "feed this machine's own metrics and processes into two topics")
    .addOption(
      new ChoiceOption({
        flag: "--console",
        choices: ["off"],
        placeholder: "host:port|off",
        description: "the web console (default: 127.0.0.1:3000)",
      }),
    )
    .addOption(
      new ChoiceOption({
        flag: "--connect",
        choices: ["off"],
        description: "the connector worker comes later; only off is accepted",
      }),
    )
    .option("--json", "print what happens as lines of JSON")
    .action(async (flags) => (await import("./up-run.ts")).up(flags))
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel up\n  $ runnel up --demo\n" +
        "  $ runnel up --data-dir ./data --kafka 127.0.0.1:19092 --admin off",
    );
  return addBrokerFlags(command);
}

/** What `up --demo` runs beside the broker; not listed in the help. */
export function demoCommand(): Command {
  return new Command("demo")
    .description("Feed metrics and processes of this machine into topics.")
    .requiredOption("--bootstrap <host:port>", "the broker")
    .action(async (flags) => (await import("../demo/feed.ts")).feedDemo(flags));
}
