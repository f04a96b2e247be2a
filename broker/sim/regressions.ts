/** Seeds that failed once, and what they found: they run first, for good. */
import type { Workload } from "./plan.ts";

export interface Regression {
  readonly seed: number;
  readonly workload: Workload;
  readonly found: string;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    seed: 126,
    workload: "transactions",
    found: "an index of aborted transactions that could not be read ended the broker",
  },
  {
    seed: 198,
    workload: "group",
    found: "a partition whose sync failed at the start was opened again",
  },
];
