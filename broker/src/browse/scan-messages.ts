/** What a scan says to its client, made of what its thread says. */
import type { Coverage } from "./coverage.ts";
import { encodeCursor } from "./cursor.ts";
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
      /** Goes on where this scan stopped; null where there is nothing more. */
      readonly cursor: string | null;
    });

/** The messages of a job, with cursors for its positions. */
export async function* scanMessages(
  job: JobStream<ScanSaid>,
  {
    order,
    digest: query,
    coverage,
    isOpenEnded,
  }: {
    readonly order: ScanOrder;
    readonly digest: number;
    readonly coverage: Coverage;
    /** The range ends where the log does, so that there may be more later. */
    readonly isOpenEnded: boolean;
  },
): AsyncGenerator<ScanMessage, void> {
  const { waitingBefore } = job;
  if (waitingBefore !== null) yield { kind: "phase", phase: "waiting", waitingBefore };
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
        yield { ...rest, cursor: encodeCursor({ order, query, positions }) };
        break;
      }
      default: {
        const { positions, ...rest } = said;
        const mayGrow = order === "oldest" && isOpenEnded;
        const isOver = said.reason === "end" && !mayGrow;
        const cursor = isOver ? null : encodeCursor({ order, query, positions });
        yield { ...rest, coverage, cursor };
      }
    }
  }
}
