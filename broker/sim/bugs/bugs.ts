/**
 * Bugs that the simulator must find: each breaks one promise of the broker. They show that the worlds
 * are rough enough and the checkers bite.
 */
import type { Workload } from "../plan.ts";
import type { Bug } from "./bug.ts";
import { COMPACTION_BUGS } from "./compaction-bugs.ts";
import { GROUP_BUGS } from "./group-bugs.ts";
import { LOG_BUGS } from "./log-bugs.ts";
import { TRANSACTION_BUGS } from "./transaction-bugs.ts";

/** Seeds within which each must be found. */
export const SEEDS_PER_BUG = 200;

/** Each with the workload in which it shows. */
export const BUGS: readonly (Bug & { readonly workload: Workload })[] = [
  ...LOG_BUGS.map((bug) => ({ ...bug, workload: "log" as const })),
  ...GROUP_BUGS.map((bug) => ({ ...bug, workload: "group" as const })),
  ...COMPACTION_BUGS.map((bug) => ({ ...bug, workload: "transactions" as const })),
  ...TRANSACTION_BUGS.map((bug) => ({ workload: "transactions" as const, ...bug })),
];
