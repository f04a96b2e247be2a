/**
 * How long tasks of a page's main thread take, as the browser traces them: time of the processor, not of
 * the clock, so that what else the machine does while a test runs counts for nothing.
 */
import type { Page } from "playwright-core";

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the processor, for complete events. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Ms of every task while `act` ran, the longest first. */
export async function mainThreadTasks(
  page: Page,
  act: () => Promise<void>,
): Promise<readonly number[]> {
  const browser = page.context().browser();
  if (browser === null) throw new Error("the page has no browser that could trace it");
  await browser.startTracing(page, { categories: ["toplevel"] });
  let trace: Buffer;
  try {
    await act();
  } finally {
    trace = await browser.stopTracing();
  }
  const { traceEvents } = JSON.parse(trace.toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const threads = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(threadOf),
  );
  return traceEvents
    .filter(
      (event) => event.ph === "X" && event.name.endsWith("RunTask") && threads.has(threadOf(event)),
    )
    .map(({ tdur = 0 }) => tdur / 1_000)
    .toSorted((a, b) => b - a);
}
