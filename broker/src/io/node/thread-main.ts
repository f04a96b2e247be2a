/** Where a thread of `threads.ts` begins: it loads its module and hands it the thread's own world. */
import * as modules from "node:module";
import { getPriority, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { ThreadModule } from "../ports.ts";
import { blockingDisk } from "./blocking-disk.ts";
import { nodeClock, nodeScheduler } from "./time.ts";

/** How far a thread stands behind the event loop, of 40 levels; and the last one. */
const STEPS_BACK = 10;
const NICENESS_MAX = 19;

/** On Linux a priority belongs to the thread that sets it; elsewhere the whole process would get it. */
function stepBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(0, Math.min(NICENESS_MAX, getPriority(0) + STEPS_BACK));
  } catch {
    // A runtime or a sandbox that does not allow it: the thread then competes as an equal.
  }
}

const port = parentPort;
if (port !== null) {
  stepBack();
  if ("enableCompileCache" in modules) modules.enableCompileCache();
  const waiting: unknown[] = [];
  const keep = (message: unknown): void => void waiting.push(message);
  port.on("message", keep);
  const { module } = workerData as { readonly module: string };
  const { startThread } = (await import(module)) as ThreadModule;
  const receive = startThread({
    disk: blockingDisk,
    clock: nodeClock,
    scheduler: nodeScheduler,
    post: (message, moved = []) => port.postMessage(message, [...moved]),
  });
  port.off("message", keep);
  port.on("message", receive);
  for (const message of waiting) receive(message);
}
