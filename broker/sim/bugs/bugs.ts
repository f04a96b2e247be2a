/**
 * Bugs that the simulator must find: each breaks one promise of the broker. They show that the worlds
 * are rough enough and the checkers bite.
 */
import type { Bug } from "./bug.ts";
import { GROUP_BUGS } from "./group-bugs.ts";
import { LOG_BUGS } from "./log-bugs.ts";
import { TRANSACTION_BUGS } from "./transaction-bugs.ts";

/** Seeds within which each must be found. */
export const SEEDS_PER_BUG = 200;

export const BUGS: readonly Bug[] = [...LOG_BUGS, ...GROUP_BUGS, ...TRANSACTION_BUGS];
