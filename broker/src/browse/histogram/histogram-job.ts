/** Counts events by time as a job of a thread, without reading any of them. */
import { FileHandles } from "#log/file-handles.ts";
import { CUTS_REFINED_MAX, HEADER_CHUNK_BYTES, OPEN_FILES_MAX } from "../limits.ts";
import type { SourceWorld } from "../source/segment-source.ts";
import type { PartitionSnapshot } from "../source/snapshot.ts";
import type { Job } from "../thread/job.ts";
import type { Histogram, HistogramTask, PartitionCounts } from "./histogram-task.ts";
import { type Cut, TimeCuts } from "./time-cuts.ts";

/** Pages of an index that are kept: cut after cut goes through the same ones. */
const INDEX_PAGES_MAX = 64;

/** Runs `task` to its end; its one message is the histogram. */
export async function runHistogram(task: HistogramTask, job: Job): Promise<void> {
  const files = new FileHandles(job.disk, OPEN_FILES_MAX);
  try {
    job.say(await count(task, job, files));
  } finally {
    await files.close();
  }
}

async function count(task: HistogramTask, job: Job, files: FileHandles): Promise<Histogram> {
  const world: SourceWorld = {
    files,
    allocate: (length) => job.disk.allocate(length),
    list: (folder) => job.disk.list(folder),
    chunkBytes: HEADER_CHUNK_BYTES,
    indexPagesMax: INDEX_PAGES_MAX,
  };
  const ends = await endsOf(task.snapshots, world);
  const fromMs = task.fromMs ?? ends.oldest;
  const spanMs = Math.max(1, (task.toMs ?? Math.max(fromMs, ends.newest) + 1) - fromMs);
  const widthMs = Math.ceil(spanMs / task.bucketsMax);
  const bucketCount = Math.ceil(spanMs / widthMs);
  const partitions: PartitionCounts[] = [];
  let refinedLeft = CUTS_REFINED_MAX;
  for (const [index, snapshot] of task.snapshots.entries()) {
    // Made anew for each, so that the pages of one partition's indexes are in memory and no others.
    const cuts = new TimeCuts(world, snapshot);
    // Each partition has its share, and what those in front of it did not need.
    const floor = refinedLeft - Math.floor(refinedLeft / (task.snapshots.length - index));
    const mayRefine = (): boolean => {
      if (refinedLeft <= floor) return false;
      refinedLeft -= 1;
      return true;
    };
    const found: Cut[] = [];
    for (const bucket of endsFirst(bucketCount)) {
      // Indexes may be in memory, where no read gives others their turn.
      await job.breathe();
      found[bucket] = await cuts.cut(fromMs + bucket * widthMs, mayRefine);
    }
    partitions.push({ partition: snapshot.partition, ...between(found, snapshot.hasGaps) });
  }
  return { kind: "histogram", fromMs, widthMs, bucketCount, partitions };
}

/** 0 to `last`, both ends first: the total hangs on them. */
function endsFirst(last: number): number[] {
  return [0, last, ...Array.from({ length: last - 1 }, (_, index) => index + 1)];
}

/** The times of the first and of the newest event. */
async function endsOf(
  snapshots: readonly PartitionSnapshot[],
  world: SourceWorld,
): Promise<{ readonly oldest: number; readonly newest: number }> {
  let oldest = Number.POSITIVE_INFINITY;
  let newest = -1;
  for (const snapshot of snapshots) {
    const cuts = new TimeCuts(world, snapshot);
    newest = Math.max(newest, cuts.newest);
    oldest = Math.min(oldest, (await cuts.oldest()) ?? oldest);
  }
  return { oldest: Number.isFinite(oldest) ? Math.max(0, oldest) : 0, newest };
}

/** How many offsets lie between each cut and the next: the most that there can be of events. */
function between(cuts: readonly Cut[], hasGaps: boolean): Omit<PartitionCounts, "partition"> {
  const counts: number[] = [];
  const areExact: boolean[] = [];
  let reached = cuts[0]?.offset ?? 0;
  for (const [index, cut] of cuts.slice(1).entries()) {
    // Guesses may cross each other: what one bucket has, another has not.
    const offset = Math.max(reached, cut.offset);
    counts.push(offset - reached);
    const isExact = cut.isExact && cuts[index]?.isExact === true && offset === cut.offset;
    areExact.push(isExact && !hasGaps);
    reached = offset;
  }
  const isTotalExact = cuts[0]?.isExact === true && cuts.at(-1)?.isExact === true;
  return { counts, areExact, isTotalExact: isTotalExact && !hasGaps };
}
