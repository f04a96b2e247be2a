/** Lets indexing work a share of the time, and not at all while appends wait. */
import { INDEX_CPU_SHARE_MAX, INDEX_WATCH_MS } from "../limits.ts";
import { type Job, JobCancelled } from "../thread/job.ts";
import type { IndexNews } from "./index-task.ts";

/** Ms of work after which there is a pause. */
const WORK_MS = 5;

export class Pacer {
  readonly #job: Job;
  #isPaused = false;
  #workingSince: number;

  constructor(job: Job) {
    this.#job = job;
    this.#workingSince = job.clock.monotonicMs();
    job.listen((news) => {
      this.#isPaused = (news as IndexNews).isPaused;
    });
  }

  /** Returns when there may be more work; throws `JobCancelled` when there may not. */
  async breathe(): Promise<void> {
    const { clock } = this.#job;
    const workedMs = clock.monotonicMs() - this.#workingSince;
    if (workedMs >= WORK_MS) await this.#sleep(workedMs * (1 / INDEX_CPU_SHARE_MAX - 1));
    while (this.#isPaused && !this.#job.isCancelled) await this.#sleep(INDEX_WATCH_MS);
    if (this.#job.isCancelled) throw new JobCancelled();
    if (workedMs >= WORK_MS) this.#workingSince = clock.monotonicMs();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#job.scheduler.after(ms, resolve);
    });
  }
}
