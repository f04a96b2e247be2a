import { describe, expect, test } from "vitest";
import { inlineThreads } from "../memory/inline-threads.ts";
import type { Thread, ThreadCode, ThreadModule, Threads } from "../ports.ts";
import { nodeDisk } from "./disk.ts";
import { nodeThreads } from "./threads.ts";
import { nodeClock, nodeScheduler } from "./time.ts";

const CODE: ThreadCode = {
  name: "runnel-test",
  url: new URL("./threads-fixture.ts", import.meta.url),
  load: (): Promise<ThreadModule> => import("./threads-fixture.ts"),
};

const inline = inlineThreads({ disk: nodeDisk, clock: nodeClock, scheduler: nodeScheduler });

function start(threads: Threads): {
  readonly thread: Thread;
  next(): Promise<unknown>;
  readonly ended: Promise<string>;
} {
  const messages: unknown[] = [];
  let wake = (): void => {};
  const ended = Promise.withResolvers<string>();
  const thread = threads.start(CODE, {
    onMessage(message) {
      messages.push(message);
      wake();
    },
    onEnd: ended.resolve,
  });
  const next = async (): Promise<unknown> => {
    while (messages.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return messages.shift();
  };
  return { thread, next, ended: ended.promise };
}

describe.each([
  ["nodeThreads", nodeThreads],
  ["inlineThreads", inline],
])("%s", (_name, threads) => {
  test("messages that come before the code runs wait for it, in order", async () => {
    const { thread, next } = start(threads);
    thread.post({ kind: "echo", value: 1 });
    thread.post({ kind: "echo", value: { text: "two" } });
    expect(await next()).toBe(1);
    expect(await next()).toEqual({ text: "two" });
    await thread.end();
  });

  test("messages are copies, and moved buffers change hands", async () => {
    const { thread, next } = start(threads);
    const bytes = Uint8Array.of(1, 2, 3);
    thread.post({ kind: "echo", value: bytes }, [bytes.buffer]);
    expect(bytes).toHaveLength(0);
    expect(await next()).toEqual(Uint8Array.of(1, 2, 3));
    await thread.end();
  });

  test("code that throws ends its thread with a reason", async () => {
    const { thread, ended } = start(threads);
    thread.post({ kind: "throw", value: "on purpose" });
    expect(await ended).toContain("on purpose");
    thread.post({ kind: "echo", value: 1 });
    await thread.end();
  });

  test("an ended thread says nothing more", async () => {
    const { thread, next, ended } = start(threads);
    thread.post({ kind: "echo", value: 1 });
    await next();
    await thread.end();
    thread.post({ kind: "echo", value: 2 });
    await thread.end();
    const other = start(threads);
    other.thread.post({ kind: "echo", value: "later" });
    const outcome = await Promise.race([ended, next(), other.next()]);
    await other.thread.end();
    expect(outcome).toBe("later");
  });

  test("code sees a disk and time", async () => {
    const { thread, next } = start(threads);
    thread.post({ kind: "look", value: import.meta.dirname });
    expect(await next()).toEqual({ isThere: true, hasTime: true });
    await thread.end();
  });
});

test("a thread is ended although it never lets go", async () => {
  const { thread, next } = start(nodeThreads);
  thread.post({ kind: "spin", value: null });
  expect(await next()).toBe("spinning");
  await thread.end();
});
