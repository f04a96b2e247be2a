/** `runnel cluster`: the flags. */
import { Command } from "commander";
import { addClientFlags } from "./client.ts";

const JSON_TEXT = "print one JSON document instead of a table";

export function clusterCommand(): Command {
  const status = new Command("status")
    .description("Show brokers, topics and partitions, and whether all replicas are in sync.")
    .action(async (flags) => (await import("./cluster-read.ts")).clusterStatus(flags))
    .addHelpText("after", "\nExample:\n  $ runnel cluster status --bootstrap broker-1:9092");
  const brokers = new Command("brokers")
    .description("List the brokers.")
    .action(async (flags) => (await import("./cluster-read.ts")).listBrokers(flags));
  return new Command("cluster")
    .description("Show the state of the cluster.")
    .addCommand(addClientFlags(status, JSON_TEXT))
    .addCommand(addClientFlags(brokers, JSON_TEXT));
}
