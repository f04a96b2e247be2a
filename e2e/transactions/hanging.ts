/** A data folder in which transactions hang: their events are there, and what their coordinator knew is lost. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "@runnel/contracts/client.ts";
import { startRunnel } from "../harness/server.ts";
import { kafkajsTransactions } from "./clients.ts";

export interface HangingPlace {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** Leaves one transaction open in all of `partitions`, each with one event; the topic has three of them. */
export async function leaveHanging(
  dataDir: string,
  { topic, partitions }: HangingPlace,
): Promise<void> {
  const broker = await startRunnel({ dataDir });
  const admin = createClient({ baseUrl: `http://${broker.admin}` });
  await admin.createTopic({ body: { name: topic, partitionCount: 3 } });
  await using producer = await kafkajsTransactions.start(broker.kafka, "forgotten", {
    timeoutMs: 600_000,
  });
  const transaction = await producer.begin();
  for (const partition of partitions) await transaction.send(topic, partition, "hangs");
  const { id } = await admin.getTopic({ params: { topic: "__transaction_state" } });
  await broker.stop("SIGKILL");
  await broker[Symbol.asyncDispose]();
  for (const name of await readdir(dataDir)) {
    if (name.startsWith(id)) await rm(join(dataDir, name), { recursive: true });
  }
}
