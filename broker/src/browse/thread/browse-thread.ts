/** The thread of browsing: does one task after the other, or several side by side. */
import { unreachable } from "@runnel/kit/assert.ts";
import type { ThreadHost } from "#io/ports.ts";
import { runHistogram } from "../histogram/histogram-job.ts";
import type { HistogramTask } from "../histogram/histogram-task.ts";
import { runIndex } from "../keys/index-job.ts";
import type { IndexTask } from "../keys/index-task.ts";
import { runJobs } from "./job-runner.ts";
import { runScan } from "./scan-job.ts";
import type { ScanTask } from "./scan-task.ts";
import { runTail } from "./tail-job.ts";
import type { TailTask } from "./tail-task.ts";

type Task = ScanTask | TailTask | HistogramTask | IndexTask;

export function startThread(host: ThreadHost): (message: unknown) => void {
  return runJobs(host, (received, job) => {
    const task = received as Task;
    switch (task.kind) {
      case "scan":
        return runScan(task, job);
      case "tail":
        return runTail(task, job);
      case "histogram":
        return runHistogram(task, job);
      case "index":
        return runIndex(task, job);
      default:
        return unreachable(task);
    }
  });
}
