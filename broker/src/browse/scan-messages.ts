/** What a scan says to its client, made of what its thread says. */
import type { Scheduler, Timer } from "@runnel/kit/world.ts";
import type { Coverage } from "./coverage.ts";
import { encodeCursor } from "./cursor.ts";
import { WAITING_TOLD_MS } from "./limits.ts";
import type { ScanOrder } from "./source/partition-reader.ts";
import type { PartitionProgress, ScanCounts, ScanSaid } from "./thread/scan-task.ts";
import type { JobStream } from "./thread/thread-pool.ts";

type DoneSaid = Extract<ScanSaid, { readonly kind: "done" }>;

export type ScanMessage =
  | {
      readonly kind: "phase";
      readonly phase: "waiting" | "locating" | "scanning";
      /** Other scans that come first, while it waits. */
      readonly waitingBefore: number | null;
    }
  /** Events as JSON, in order. */
  | { readonly kind: "events"; readonly events: readonly string[] }
  | {
      readonly kind: "progress";
      readonly counts: ScanCounts;
      readonly partitions: readonly PartitionProgress[];
      /** Goes on behind the events so far; null where it has no room in a URL. */
      readonly cursor: string | null;
    }
  | (Omit<DoneSaid, "positions"> & {
      readonly coverage: Coverage;
      /** Goes on where this scan stopped; null where there is nothing more, or it has no room in a URL. */
      readonly cursor: string | null;
      /** There is more, but no cursor for it. */
      readonly isCursorTooLong: boolean;
    });

/** The messages of a job, with cursors for its positions. */
export async function* scanMessages(
  job: JobStream<ScanSaid>,
  {
    order,
    digest: query,
    coverage,
    isOpenEnded,
    scheduler,
    ends = null,
  }: {
    readonly order: ScanOrder;
    readonly digest: number;
    readonly coverage: Coverage;
    /** The range ends where the log does, so that there may be more later. */
    readonly isOpenEnded: boolean;
    readonly scheduler: Scheduler;
    /** Where the ranges end, if later scans must know. */
    readonly ends?: ReadonlyMap<number, number> | null;
  },
): AsyncGenerator<ScanMessage, void> {
  yield* untilBegun(job, scheduler);
  for await (const said of job) {
    switch (said.kind) {
      case "phase":
        yield { ...said, waitingBefore: null };
        break;
      case "events":
        yield said;
        break;
      case "progress": {
        const { positions, ...rest } = said;
        yield { ...rest, cursor: encodeCursor({ order, query, positions, ends }) };
        break;
      }
      default: {
        const { positions, ...rest } = said;
        const mayGrow = order === "oldest" && isOpenEnded;
        const isOver = said.reason === "keys" || (said.reason === "end" && !mayGrow);
        const cursor = isOver ? null : encodeCursor({ order, query, positions, ends });
        yield { ...rest, coverage, cursor, isCursorTooLong: !isOver && cursor === null };
      }
    }
  }
}

/** Says again and again that the job waits, until it has begun. Left early, it takes the job back. */
async function* untilBegun(
  job: JobStream<ScanSaid>,
  scheduler: Scheduler,
): AsyncGenerator<ScanMessage, void> {
  let hasBegun = false;
  try {
    for (let { waitingBefore } = job; waitingBefore !== null; { waitingBefore } = job) {
      yield { kind: "phase", phase: "waiting", waitingBefore };
      await begunOrLater(job, scheduler);
    }
    hasBegun = true;
  } finally {
    if (!hasBegun) job.cancel();
  }
}

/** Resolves when the job has begun, or it is time to say again that it waits. */
async function begunOrLater(job: JobStream<ScanSaid>, scheduler: Scheduler): Promise<void> {
  let timer: Timer | null = null;
  const later = new Promise<void>((resolve) => {
    timer = scheduler.after(WAITING_TOLD_MS, resolve);
  });
  await Promise.race([job.begun, later]);
  (timer as Timer | null)?.cancel();
}
