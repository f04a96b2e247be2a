/** A bounded number of attempts. */
import { setTimeout as delay } from "node:timers/promises";

/**
 * The first success of `attempt`, which is told whether it is the last one. Errors that the client
 * library marks as final (`canRetry: false`) end it at once; so does an abort of `signal`.
 */
export async function retry<Result>(
  {
    retries,
    delayMs,
    signal,
  }: { readonly retries: number; readonly delayMs: number; readonly signal?: AbortSignal },
  attempt: (isLast: boolean) => Promise<Result>,
): Promise<Result> {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt(count === retries);
    } catch (error) {
      if (count === retries || isFinal(error) || signal?.aborted === true) throw error;
      await delay(delayMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  if ("canRetry" in error && error.canRetry === false) return true;
  return error instanceof AggregateError && error.errors.some(isFinal);
}
