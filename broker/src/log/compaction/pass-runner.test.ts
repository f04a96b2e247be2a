import { expect, test } from "vitest";
import { ManualTime } from "#io/memory/manual-time.ts";
import type { ThreadHandlers, Threads } from "#io/ports.ts";
import { LATE_MS, PRESSURE_LOOK_MS, SILENT_MS_MAX } from "./limits.ts";
import type { CompactionTask, FromCompactor, ToCompactor } from "./messages.ts";
import { Pace } from "./pace.ts";
import { PassRunner } from "./pass-runner.ts";

/** A thread that does what the test says. */
function open() {
  const time = new ManualTime();
  const told: ToCompactor[] = [];
  const thread = { ended: 0, handlers: null as ThreadHandlers | null };
  const threads: Threads = {
    start: (_code, handlers) => {
      thread.handlers = handlers;
      return {
        post: (message) => void told.push(message as ToCompactor),
        end: async () => {
          thread.ended += 1;
        },
      };
    },
  };
  let areWaiting = false;
  const runner = new PassRunner({
    threads,
    clock: time,
    scheduler: time,
    doAppendsWait: () => areWaiting,
  });
  const say = (message: FromCompactor): void => thread.handlers?.onMessage(message);
  return {
    time,
    told,
    thread,
    runner,
    say,
    wait: (isWaiting: boolean) => {
      areWaiting = isWaiting;
    },
  };
}

const TASK = { folder: "/data/t-0" } as CompactionTask;
const HANDLERS = { onProgress: () => {}, onSegment: async () => true };
const PROGRESS = { phase: "learning", bytesDone: 1, bytesTotal: 2 } as const;

test("a thread that says nothing for too long is ended with its pass", async () => {
  const { time, thread, runner, say } = open();
  const pass = runner.run(TASK, HANDLERS);
  pass.catch(() => {});
  await time.advanceAsync(SILENT_MS_MAX - 1000);
  say({ kind: "progress", progress: PROGRESS });
  await time.advanceAsync(SILENT_MS_MAX - 1000);
  expect(thread.ended).toBe(0);
  await time.advanceAsync(2000);
  await expect(pass).rejects.toMatchObject({
    code: "RUNNEL_COMPACTION_THREAD_LOST",
    mayPass: false,
  });
  expect(thread.ended).toBe(1);
  expect(time.timerCount).toBe(0);
});

test("a thread that ends by itself fails its pass; the next one gets another", async () => {
  const { thread, runner, say } = open();
  const pass = runner.run(TASK, HANDLERS);
  thread.handlers?.onEnd("failed: out of memory");
  await expect(pass).rejects.toThrow("its thread failed: out of memory");
  const next = runner.run(TASK, HANDLERS);
  say({ kind: "failed", code: "RUNNEL_DISK_LOW", message: "full", mayPass: true });
  await expect(next).rejects.toMatchObject({ code: "RUNNEL_DISK_LOW", mayPass: true });
});

test("a segment that has no place any more ends the pass", async () => {
  const { thread, runner, say } = open();
  const pass = runner.run(TASK, { ...HANDLERS, onSegment: async () => false });
  say({ kind: "segment", segment: { baseOffset: 0 } as never });
  await expect(pass).rejects.toMatchObject({ code: "RUNNEL_COMPACTION_ABANDONED" });
  expect(thread.ended).toBe(1);
});

test("the thread works less while appends wait or the event loop is late", async () => {
  const { time, told, runner, wait } = open();
  const pass = runner.run(TASK, HANDLERS);
  pass.catch(() => {});
  const pressed = (): boolean[] =>
    told.flatMap((message) => (message.kind === "press" ? message.isPressed : []));
  wait(true);
  await time.advanceAsync(10 * PRESSURE_LOOK_MS);
  expect(pressed()).toEqual([true]);
  wait(false);
  await time.advanceAsync(10 * PRESSURE_LOOK_MS);
  expect(pressed()).toEqual([true, false]);
  // A turn of the loop that takes long: the timer is late.
  const { monotonicMs } = time;
  time.monotonicMs = () => monotonicMs.call(time) + 2 * LATE_MS;
  await time.advanceAsync(PRESSURE_LOOK_MS);
  expect(pressed()).toEqual([true, false, true]);
  await runner.end();
});

test("a pass moves so many bytes a second, and rests a share of the time", async () => {
  const time = new ManualTime();
  const pace = new Pace(time, time, 1_000_000);
  pace.count(500_000);
  let isDone = false;
  void pace.breathe().then(() => {
    isDone = true;
  });
  await time.advanceAsync(499);
  expect(isDone).toBe(false);
  await time.advanceAsync(1);
  expect(isDone).toBe(true);
  // A turn of 8 ms is followed by a rest, so that it works four fifths of the time.
  isDone = false;
  await time.advanceAsync(8);
  void pace.breathe().then(() => {
    isDone = true;
  });
  await time.advanceAsync(1);
  expect(isDone).toBe(false);
  await time.advanceAsync(1);
  expect(isDone).toBe(true);
});
