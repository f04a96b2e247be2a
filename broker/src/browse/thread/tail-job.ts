/** A live tail as a job of a thread: looks at what came, whenever it is told, and never waits for its client. */
import { FileHandles } from "#log/file-handles.ts";
import { compileFilter } from "../filter/compile.ts";
import type { RecordMatcher } from "../filter/matcher.ts";
import {
  CHUNK_BYTES_MIN,
  OPEN_FILES_MAX,
  TAIL_CHUNK_BYTES,
  TAIL_CHUNKS_BYTES_MAX,
} from "../limits.ts";
import type { RecordCursor } from "../record.ts";
import { PartitionScan } from "../scan/partition-scan.ts";
import { Scan } from "../scan/scan.ts";
import { MemoryBook } from "../source/memory-book.ts";
import { PartitionReader } from "../source/partition-reader.ts";
import { Skips } from "../source/skips.ts";
import { EventOutbox } from "./event-outbox.ts";
import type { Job } from "./job.ts";
import type { TailCounts, TailNews, TailSaid, TailTask } from "./tail-task.ts";

/** Runs `task` until it is cancelled. */
export async function runTail(task: TailTask, job: Job): Promise<void> {
  const files = new FileHandles(job.disk, OPEN_FILES_MAX);
  const news: TailNews[] = [];
  job.listen((one) => news.push(one as TailNews));
  const tail = new TailJob(task, job, files);
  try {
    while (!job.isCancelled) {
      const next = news.shift();
      if (next === undefined) await job.waitForClient();
      else await tail.look(next);
    }
  } finally {
    await files.close();
  }
}

class TailJob {
  readonly #task: TailTask;
  readonly #job: Job;
  readonly #files: FileHandles;
  readonly #outbox: EventOutbox;
  readonly #matcher: RecordMatcher | null;
  #counts = { records: 0, bytes: 0, matches: 0, dropped: 0 };

  constructor(task: TailTask, job: Job, files: FileHandles) {
    this.#task = task;
    this.#job = job;
    this.#files = files;
    this.#outbox = new EventOutbox(job, task.form);
    const now = { nowMs: () => job.clock.monotonicMs() };
    this.#matcher = task.condition === null ? null : compileFilter(task.condition, now);
  }

  async look({ snapshots, positions }: TailNews): Promise<void> {
    const job = this.#job;
    const memory = new MemoryBook(TAIL_CHUNKS_BYTES_MAX);
    const skips = new Skips();
    const share = Math.floor(TAIL_CHUNKS_BYTES_MAX / Math.max(1, snapshots.length));
    const world = {
      files: this.#files,
      allocate: (length: number) => job.disk.allocate(length),
      list: (folder: string) => job.disk.list(folder),
      chunkBytes: Math.min(TAIL_CHUNK_BYTES, Math.max(CHUNK_BYTES_MIN, share)),
    };
    const order = "oldest";
    const parts = snapshots.map((snapshot) => {
      const { partition, logStartOffset, endOffset: high } = snapshot;
      const range = { low: Math.max(positions.get(partition) ?? high, logStartOffset), high };
      const options = { snapshot, order, range, world, memory, skips } as const;
      return new PartitionScan(new PartitionReader(options), order, skips);
    });
    const scan = new Scan(parts, {
      rules: {
        hasControl: this.#task.hasControl,
        fromMs: Number.NEGATIVE_INFINITY,
        toMs: Number.POSITIVE_INFINITY,
        matcher: this.#matcher,
      },
      limits: { results: Infinity, bytes: Infinity, timeMs: Infinity },
      control: {
        get stop() {
          return job.isCancelled ? "cancelled" : null;
        },
        monotonicMs: () => job.clock.monotonicMs(),
        breathe: () => job.breathe(),
        onProgress: () => this.#outbox.flush(),
      },
    });
    const take = (record: RecordCursor): void => this.#take(record);
    await scan.run({ isFull: false, drained: async () => {}, take });
    this.#counts.records += scan.tally.records;
    this.#counts.bytes += scan.tally.bytes;
    this.#outbox.flush();
    const counts: TailCounts = {
      ...this.#counts,
      filterErrors: this.#matcher?.errorCount ?? 0,
    };
    job.say({ kind: "caught", counts } satisfies TailSaid);
  }

  /** Live means now: a client that is too slow misses events instead of getting old ones. */
  #take(record: RecordCursor): void {
    if (this.#job.isFull) {
      this.#counts.dropped += 1;
      return;
    }
    this.#counts.matches += 1;
    this.#outbox.add(record);
  }
}
