/** `runnel console`: the web console alone, beside a broker that runs elsewhere. */
import { Command } from "commander";
import { collect } from "../cli/values.ts";

export function consoleCommand(): Command {
  return new Command("console")
    .description("Run the web console alone, for a broker that runs already.")
    .option("--console <host:port>", "where it is reached (default: 127.0.0.1:3000)")
    .option("--admin <host:port>", "the admin API of the broker (default: 127.0.0.1:9644)")
    .option(
      "--cluster <name>",
      "the name of the cluster in the addresses of pages (default: local)",
    )
    .option("--allow-host <name>", "a host name under which it is opened (repeatable)", collect)
    .option("--insecure", "accept connections from other machines without asking who they are")
    .action(async (flags) => (await import("./console-run.ts")).runConsole(flags))
    .addHelpText(
      "after",
      "\nExamples:\n  $ runnel console\n  $ runnel console --admin 127.0.0.1:9644 --console 127.0.0.1:8080",
    );
}
