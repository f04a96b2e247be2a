import { expect, test } from "vitest";
import { createMemoryWorld } from "#io/memory/world.ts";
import { scanMessages } from "./scan-messages.ts";
import type { ScanSaid } from "./thread/scan-task.ts";
import type { JobStream } from "./thread/thread-pool.ts";

const { time: scheduler } = createMemoryWorld();

/** The last word of a search for the latest events that stopped at so many positions. */
async function doneOf(partitionCount: number, reason: "results" | "end") {
  const positions = new Map(
    Array.from({ length: partitionCount }, (_, partition) => [partition, 2 ** 40 + partition]),
  );
  const done = { kind: "done", reason, positions } as unknown as ScanSaid;
  const job = {
    waitingBefore: null,
    async *[Symbol.asyncIterator]() {
      yield done;
    },
  } as unknown as JobStream<ScanSaid>;
  const coverage = {} as never;
  const options = { order: "newest", digest: 1, coverage, isOpenEnded: false } as const;
  for await (const message of scanMessages(job, { ...options, scheduler, ends: positions })) {
    if (message.kind === "done") return message;
  }
  throw new Error("no last word");
}

test("no cursor for what is left is told from nothing left", async () => {
  expect(await doneOf(1_000, "results")).toMatchObject({ cursor: null, isCursorTooLong: true });
  const few = { cursor: expect.any(String), isCursorTooLong: false };
  expect(await doneOf(10, "results")).toMatchObject(few);
  expect(await doneOf(1_000, "end")).toMatchObject({ cursor: null, isCursorTooLong: false });
});
