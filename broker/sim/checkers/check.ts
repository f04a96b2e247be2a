/** All checkers: what none of them reports is what Kafka's model allows. */
import type { History } from "../history.ts";
import { wrongCompaction } from "./compaction.ts";
import type { Checker, Finding } from "./finding.ts";
import { doubleOwners, offsetRegressions } from "./groups.ts";
import { abortedReads, precommittedReads, tornTransactions, writeReadCycles } from "./isolation.ts";
import { nonmonotonicPolls, nonmonotonicSends, skippedPolls } from "./order.ts";
import { wrongDerivations } from "./processing.ts";
import { divergingReplicas, watermarkRegressions } from "./replicas.ts";
import { duplicates, inconsistentOffsets, lostWrites, unseen } from "./writes.ts";

const CHECKERS: readonly Checker[] = [
  ({ oddities }) => oddities,
  lostWrites,
  duplicates,
  inconsistentOffsets,
  unseen,
  skippedPolls,
  nonmonotonicPolls,
  nonmonotonicSends,
  abortedReads,
  precommittedReads,
  tornTransactions,
  writeReadCycles,
  wrongDerivations,
  offsetRegressions,
  doubleOwners,
  watermarkRegressions,
  divergingReplicas,
  wrongCompaction,
];

/** Everything in `history` that must not be. */
export function check(history: History): Finding[] {
  return CHECKERS.flatMap((checker) => checker(history));
}
