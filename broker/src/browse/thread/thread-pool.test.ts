import { describe, expect, test } from "vitest";
import { inlineThreads } from "#io/memory/inline-threads.ts";
import { createMemoryWorld } from "#io/memory/world.ts";
import type { Thread, ThreadCode, Threads } from "#io/ports.ts";
import {
  OUTSTANDING_BYTES_MAX,
  PING_MS,
  PRESSURE_LOOK_MS,
  SILENT_MS_MAX,
  THREAD_IDLE_MS,
} from "../limits.ts";
import { runJobs, type Work } from "./job-runner.ts";
import { type JobStream, ThreadPool } from "./thread-pool.ts";

/** A pool whose threads do `work`; counts the threads that are alive. */
function openPool(work: Work, limits = { threadsMax: 1, jobsPerThreadMax: 1, waitingMax: 2 }) {
  const { time, disk } = createMemoryWorld();
  const inline = inlineThreads({ disk, clock: time, scheduler: time });
  const alive = new Set<Thread>();
  const threads: Threads = {
    start(code, handlers) {
      const thread = inline.start(code, handlers);
      const counted: Thread = {
        post: (...args) => thread.post(...args),
        end: async () => {
          alive.delete(counted);
          await thread.end();
        },
      };
      alive.add(counted);
      return counted;
    },
  };
  const code: ThreadCode = {
    name: "test",
    url: new URL("file:///nowhere"),
    load: async () => ({ startThread: (host) => runJobs(host, work) }),
  };
  const pool = new ThreadPool({ threads, clock: time, scheduler: time }, code, limits);
  return { pool, time, alive };
}

async function all(stream: JobStream<unknown>): Promise<unknown[]> {
  const messages: unknown[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

describe("ThreadPool", () => {
  test("does jobs in order, as many at once as there are threads", async () => {
    const log: string[] = [];
    const { pool, time } = openPool(async (task, job) => {
      log.push(`start ${String(task)}`);
      await job.waitForClient();
      log.push(`end ${String(task)}`);
      job.say(task);
    });
    const jobs = ["a", "b", "c"].map((name) => pool.run<string>(name));
    expect(jobs.map((job) => job.waitingBefore)).toEqual([null, 0, 1]);
    expect(() => pool.run("d")).toThrow("1 are under way and 2 wait already");
    const answers = jobs.map(all);
    for (const job of jobs) {
      await time.settle();
      job.tell("go on");
    }
    await time.settle();
    expect(await Promise.all(answers)).toEqual([["a"], ["b"], ["c"]]);
    expect(log).toEqual(["start a", "end a", "start b", "end b", "start c", "end c"]);
  });

  test("a job waits while its client takes nothing", async () => {
    let said = 0;
    const { pool, time } = openPool(async (_task, job) => {
      for (; said < 100; said += 1) {
        if (job.isFull) await job.waitForClient();
        job.say(said, OUTSTANDING_BYTES_MAX / 4);
      }
    });
    const job = pool.run<number>("any");
    for (let turn = 0; turn < 50; turn += 1) await time.settle();
    expect(said).toBe(4);
    const answer = all(job);
    await time.settle();
    expect(await answer).toHaveLength(100);
  });

  test("a job that is cancelled, or left, ends; a failure is told of", async () => {
    let running = 0;
    const { pool, time } = openPool(async (task, job) => {
      running += 1;
      try {
        job.say("begun");
        if (task === "fail") throw new Error("on purpose");
        while (!job.isCancelled) await job.waitForClient();
      } finally {
        running -= 1;
      }
    });
    const cancelled = pool.run<string>("wait");
    const answer = all(cancelled);
    await time.settle();
    expect(running).toBe(1);
    cancelled.cancel();
    await time.settle();
    expect(await answer).toEqual(["begun"]);
    const left = (async () => {
      for await (const message of pool.run<string>("wait")) return message;
      return null;
    })();
    await time.settle();
    expect(await left).toBe("begun");
    await time.settle();
    expect(running).toBe(0);
    const failed = all(pool.run("fail"));
    failed.catch(() => {});
    await time.settle();
    await expect(failed).rejects.toMatchObject({ code: "RUNNEL_WORKER_LOST" });
    await expect(failed).rejects.toThrow("on purpose");
  });

  test("a thread without work ends after a while", async () => {
    const { pool, time, alive } = openPool(async () => {});
    const answer = all(pool.run("any"));
    await time.settle();
    await answer;
    await time.advanceAsync(THREAD_IDLE_MS - PING_MS);
    expect(alive.size).toBe(1);
    await time.advanceAsync(2 * PING_MS);
    expect(alive.size).toBe(0);
    const again = all(pool.run("any"));
    await time.settle();
    expect(await again).toEqual([]);
  });

  test("a thread that answers stays, one that is stuck ends with its jobs", async () => {
    const { pool, time, alive } = openPool((_task, job) => job.waitForClient());
    const answers = all(pool.run("any"));
    await time.advanceAsync(3 * SILENT_MS_MAX);
    expect(alive.size).toBe(1);
    await pool.close();
    await expect(answers).rejects.toThrow("browsing was stopped");

    const stuck = openStuckPool();
    const lost = all(stuck.pool.run("any"));
    const next = all(stuck.pool.run("next"));
    lost.catch(() => {});
    next.catch(() => {});
    await stuck.time.advanceAsync(SILENT_MS_MAX + 2 * PING_MS);
    await expect(lost).rejects.toThrow("did not come to an end");
    expect(stuck.started).toBe(2);
    await stuck.pool.close();
    await expect(next).rejects.toThrow("browsing was stopped");
    expect(() => stuck.pool.run("late")).toThrow("browsing was stopped");
  });

  test("jobs work less while the event loop is late", async () => {
    const seen: boolean[] = [];
    const { pool, time } = openPool(async (_task, job) => {
      while (!job.isCancelled) {
        await job.waitForClient();
        seen.push(job.isPressed);
      }
    });
    const job = pool.run("any");
    const answer = all(job);
    const look = async (): Promise<void> => {
      job.tell("look");
      await time.settle();
    };
    await time.advanceAsync(PRESSURE_LOOK_MS);
    await look();
    // A turn of the loop that takes long: the timer is late.
    const { monotonicMs } = time;
    time.monotonicMs = () => monotonicMs.call(time) + 30;
    await time.advanceAsync(PRESSURE_LOOK_MS);
    await look();
    await time.advanceAsync(2 * PRESSURE_LOOK_MS);
    await look();
    expect(seen).toEqual([false, true, false]);
    job.cancel();
    await time.settle();
    await answer;
  });

  test("many jobs share a thread where they may", async () => {
    const limits = { threadsMax: 1, jobsPerThreadMax: 3, waitingMax: 0 };
    const { pool, time, alive } = openPool((_task, job) => job.waitForClient(), limits);
    const jobs = [1, 2, 3].map((task) => pool.run(task));
    expect(() => pool.run(4)).toThrow("3 are under way and 0 wait already");
    await time.settle();
    expect(alive.size).toBe(1);
    const answers = jobs.map(all);
    for (const job of jobs) job.cancel();
    await time.settle();
    expect(await Promise.all(answers)).toEqual([[], [], []]);
    expect(pool.runningCount).toBe(0);
  });
});

/** Threads that never say anything. */
function openStuckPool() {
  const { time } = createMemoryWorld();
  const counts = { started: 0 };
  const threads: Threads = {
    start: () => {
      counts.started += 1;
      return { post: () => {}, end: async () => {} };
    },
  };
  const code = {
    name: "stuck",
    url: new URL("file:///nowhere"),
    load: async () => ({ startThread: () => () => {} }),
  };
  const limits = { threadsMax: 1, jobsPerThreadMax: 1, waitingMax: 2 };
  const pool = new ThreadPool({ threads, clock: time, scheduler: time }, code, limits);
  return {
    pool,
    time,
    get started() {
      return counts.started;
    },
  };
}
