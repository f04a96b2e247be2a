/** Sending at a steady rate, until all is sent or somebody stops it. */

const TICK_MS = 200;

interface PacedOptions {
  readonly count: number;
  readonly perSecond: number;
  /** Sends those from `first` on, from 1. Its rejection ends it all. */
  readonly send: (first: number, count: number) => Promise<void>;
  readonly signal: AbortSignal;
  /** Resolves after so many ms, or when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** How many were sent. What a slow answer delayed is not made up for: the rate is never exceeded. */
export async function sendPaced(options: PacedOptions): Promise<number> {
  const { count, perSecond, send, signal, wait } = options;
  let sent = 0;
  let due = 0;
  while (sent < count && !signal.aborted) {
    due += (perSecond * TICK_MS) / 1_000;
    const now = Math.min(count - sent, Math.floor(due));
    if (now > 0) {
      await send(sent + 1, now);
      sent += now;
      due -= now;
    }
    if (sent < count) await wait(TICK_MS, signal);
  }
  return sent;
}

export function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
