/** Runs the jobs of one thread: starts them, passes messages on, and says when one has ended. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { ThreadHost } from "#io/ports.ts";
import { Job, JobCancelled } from "./job.ts";
import type { FromThread, ToThread } from "./messages.ts";

/** Does a task. Rejects for bugs and for a world that says no; `JobCancelled` is an orderly end. */
export type Work = (task: unknown, job: Job) => Promise<void>;

/** What takes the messages of a thread whose tasks `work` does. */
export function runJobs(host: ThreadHost, work: Work): (message: unknown) => void {
  const jobs = new Map<number, Job>();
  let isPressed = false;
  const post = (message: FromThread, moved: readonly ArrayBuffer[] = []): void =>
    host.post(message, moved);
  const start = async (number: number, task: unknown): Promise<void> => {
    const job = new Job(host, (message, bytes, moved) =>
      post({ kind: "say", job: number, message, bytes }, moved),
    );
    job.isPressed = isPressed;
    jobs.set(number, job);
    let failure: string | null = null;
    try {
      await work(task, job);
    } catch (error) {
      if (!(error instanceof JobCancelled)) failure = messageOf(error);
    }
    jobs.delete(number);
    post({ kind: "end", job: number, failure });
  };
  return (received) => {
    const message = received as ToThread;
    switch (message.kind) {
      case "start":
        void start(message.job, message.task);
        return;
      case "cancel":
        jobs.get(message.job)?.cancel();
        return;
      case "taken":
        jobs.get(message.job)?.take(message.bytes);
        return;
      case "tell":
        jobs.get(message.job)?.tell(message.news);
        return;
      case "press":
        isPressed = message.isPressed;
        for (const job of jobs.values()) job.isPressed = isPressed;
        return;
      case "ping":
        post({ kind: "pong" });
        return;
      default:
        throw new Error(`a thread of browsing was sent ${JSON.stringify(message)}`);
    }
  };
}
