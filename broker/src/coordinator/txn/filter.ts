/** Which transactional ids a list has. */
import { isPrepared, type TransactionValue } from "./model.ts";

export interface TransactionFilter {
  /** Empty for all. */
  readonly states: ReadonlySet<string>;
  /** Empty for all. */
  readonly producerIds: ReadonlySet<bigint>;
  /** Only transactions under way that began longer ago than this; negative for all. */
  readonly runningMs: number;
  /** A regular expression of RE2 for whole ids; null or empty for all. */
  readonly idPattern: string | null;
}

/** Ms since a transaction that is under way began, by the wall clock; null where none is. */
export function runningMsOf(value: TransactionValue, wallMs: number): number | null {
  const isUnderWay = value.state === "Ongoing" || isPrepared(value);
  return isUnderWay ? wallMs - value.startedAt : null;
}

/** Whether the filter lets it through, but for the pattern. */
export function matches(
  value: TransactionValue,
  { states, producerIds, runningMs }: Omit<TransactionFilter, "idPattern">,
  wallMs: number,
): boolean {
  return (
    (states.size === 0 || states.has(value.state)) &&
    (producerIds.size === 0 || producerIds.has(value.producerId)) &&
    (runningMs < 0 || (runningMsOf(value, wallMs) ?? -1) > runningMs)
  );
}
