/** The clients whose frames are kept back, and which of them each has. */
import { platformaticTransactions } from "../../transactions/clients.ts";
import {
  javaTransactions,
  newestLibrdkafkaTransactions,
} from "../../transactions/remote-clients.ts";
import type { Ending, Subject } from "./plan.ts";

const ENDINGS: readonly Ending[] = ["resent", "given up", "successor", "timeout", "admin"];

/** Its partitions and groups join a transaction with the first batch, or the first offset. */
const java: Subject = {
  name: "java",
  client: javaTransactions,
  protocol: "KIP-890",
  frames: ["Produce", "TxnOffsetCommit", "commit", "abort"],
  endings: ENDINGS,
  stop: () => javaTransactions.stop(),
};

const librdkafka: Subject = {
  name: "librdkafka",
  client: newestLibrdkafkaTransactions,
  protocol: "classic",
  frames: [
    "AddPartitionsToTxn",
    "Produce",
    "AddOffsetsToTxn",
    "TxnOffsetCommit",
    "commit",
    "abort",
  ],
  endings: ENDINGS,
  stop: () => newestLibrdkafkaTransactions.stop(),
};

/**
 * It commits offsets of what a consumer of its own has read, which is not part of this. A successor fences only when its first
 * transaction begins, so nothing can come between the two.
 */
const platformatic: Subject = {
  name: "platformatic",
  client: platformaticTransactions,
  protocol: "classic",
  frames: ["AddPartitionsToTxn", "Produce", "commit", "abort"],
  endings: ["resent", "admin"],
  stop: () => Promise.resolve(),
};

export const allSubjects: readonly Subject[] = [java, librdkafka, platformatic];
