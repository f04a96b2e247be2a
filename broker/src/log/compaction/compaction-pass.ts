/**
 * One pass over one log, in a thread: learns the newest offset of every key in what is not compacted yet,
 * then writes anew, group by group, the segments from the log's start that have something to lose.
 */
import { IoError } from "@runnel/kit/errors.ts";
import type { Clock } from "@runnel/kit/world.ts";
import { readBatchHeader } from "@runnel/protocol/records/batch.ts";
import type { Disk, DiskFile } from "#io/ports.ts";
import { fileName } from "../names.ts";
import { Segment } from "../segment.ts";
import type { AbortedTransaction } from "../transaction-index.ts";
import { BatchCleaner, type CleanRules } from "./batch-cleaner.ts";
import { CleanedSegment } from "./cleaned-segment.ts";
import { KeyMap } from "./key-map.ts";
import { FREE_BYTES_MIN, PROGRESS_MS, READ_BYTES_MIN } from "./limits.ts";
import { MapBuilder } from "./map-builder.ts";
import type { CompactionTask, NewSegment, PassSummary, Progress, TaskSegment } from "./messages.ts";
import type { Pace } from "./pace.ts";
import { groupSegments } from "./segment-groups.ts";
import { type ReadBuffer, type Visitor, visitBatches } from "./segment-pieces.ts";
import { TransactionTracker } from "./transaction-tracker.ts";

export interface PassWorld {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly pace: Pace;
  onProgress(progress: Progress): void;
  /** Resolves when the new segment is in its place. */
  onSegment(segment: NewSegment): Promise<void>;
}

/** The code of an error about a disk without room for a new segment. */
export const DISK_LOW = "RUNNEL_DISK_LOW";

/** Runs `task` to its end. Throws `IoError`; a segment in work is then left under its own names. */
export async function runPass(world: PassWorld, task: CompactionTask): Promise<PassSummary> {
  return await new Pass(world, task).run();
}

class Pass {
  readonly #world: PassWorld;
  readonly #task: CompactionTask;
  readonly #buffer: ReadBuffer;
  readonly #bytesTotal: number;
  #phase: Progress["phase"] = "learning";
  #bytesRead = 0;
  #bytesWritten = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(world: PassWorld, task: CompactionTask) {
    this.#world = world;
    this.#task = task;
    this.#buffer = { bytes: world.disk.allocate(Math.max(READ_BYTES_MIN, task.readBytes)) };
    const isDirty = ({ endOffset }: TaskSegment): boolean => endOffset > task.dirtyOffset;
    this.#bytesTotal = sizeOf(task.segments) + sizeOf(task.segments.filter(isDirty));
  }

  async run(): Promise<PassSummary> {
    const { segments, nowMs, deleteRetentionMs, producers, aborted } = this.#task;
    const builder = await this.#learn();
    this.#phase = "writing";
    const rules: CleanRules = {
      keys: builder.keys,
      lastOffset: builder.lastOffset,
      nowMs,
      deleteRetentionMs,
      producers: new Map(producers.map((one) => [one.producerId, one])),
    };
    const tracker = new TransactionTracker(aborted);
    const used = { cleaner: new BatchCleaner(rules, tracker), tracker, rules };
    const reached = segments.filter(({ baseOffset }) => baseOffset <= builder.lastOffset);
    let bytesAfter = sizeOf(segments) - sizeOf(reached);
    for (const group of groupSegments(reached, this.#task)) {
      bytesAfter += await this.#rewrite(group, used);
    }
    return {
      cleanedTo: builder.lastOffset + 1,
      bytesBefore: sizeOf(segments),
      bytesAfter,
      bytesRead: this.#bytesRead,
      bytesWritten: this.#bytesWritten,
      keys: builder.keys.size,
      ...used.cleaner.counts,
    };
  }

  /** Learns the keys of what is not compacted, as far as they fit into the map. */
  async #learn(): Promise<MapBuilder> {
    const { segments, endOffset, dirtyOffset, aborted } = this.#task;
    const keys = new KeyMap({
      bytesMax: this.#task.dedupeBufferBytes,
      keysMax: Math.max(0, endOffset - dirtyOffset),
      loadFactor: this.#task.dedupeLoadFactor,
      seed: this.#task.seed,
    });
    const builder = new MapBuilder(keys, new TransactionTracker(aborted), dirtyOffset);
    let isFull = false;
    for (const segment of segments) {
      if (isFull || segment.endOffset <= dirtyOffset) continue;
      await this.#use(segment, async (file) => {
        await visitBatches(file, segment, this.#buffer, {
          batch: (header, bytes, at) => {
            isFull = !builder.take(header, bytes, at);
            return !isFull;
          },
          pieceEnd: (bytes) => this.#passed(bytes),
        });
      });
    }
    return builder;
  }

  /** Writes a group anew; returns how many bytes it takes then. */
  async #rewrite(group: readonly TaskSegment[], used: Used): Promise<number> {
    const { disk } = this.#world;
    const { folder, indexIntervalBytes } = this.#task;
    const first = group[0] as TaskSegment;
    await this.#checkRoom(sizeOf(group));
    const made = new Segment(folder, first.baseOffset, 0);
    const cleaned = new CleanedSegment(disk, made, indexIntervalBytes);
    let isChanged: boolean;
    try {
      if (group.length > 1) cleaned.isFromSeveral();
      for (const segment of group) await this.#clean(segment, cleaned, used);
      isChanged = await cleaned.finish();
    } finally {
      await cleaned.close();
    }
    const kept = keptAborted(group, this.#task.aborted, used);
    if (!isChanged) return made.size;
    this.#bytesWritten += made.size;
    const { indexes } = made;
    await this.#world.onSegment({
      baseOffset: made.baseOffset,
      size: made.size,
      maxTimestamp: made.maxTimestamp,
      offsetOfMaxTimestamp: made.offsetOfMaxTimestamp,
      firstTimestamp: made.firstTimestamp,
      offsetEntries: indexes?.offsets.count ?? 0,
      timeEntries: indexes?.times.count ?? 0,
      replaces: group.map(({ baseOffset }) => baseOffset),
      aborted: kept,
    });
    return made.size;
  }

  async #clean(segment: TaskSegment, cleaned: CleanedSegment, used: Used): Promise<void> {
    await this.#use(segment, async (file) => {
      cleaned.isFrom(file);
      const visitor: Visitor = {
        batch: (header, bytes, at) => {
          const outcome = used.cleaner.clean(bytes, at, header);
          if (outcome.kind === "same") cleaned.same(header, bytes, at);
          else if (outcome.kind === "gone") cleaned.gone(header);
          else cleaned.changed(header, outcome.batch, readBatchHeader(outcome.batch, 0));
          return true;
        },
        pieceEnd: async (bytes) => {
          const before = cleaned.writtenBytes;
          await cleaned.flush();
          await this.#passed(bytes, cleaned.writtenBytes - before);
        },
      };
      await visitBatches(file, segment, this.#buffer, visitor);
    });
  }

  /** Throws where a group of `bytes` might fill the disk: what is left belongs to appends. */
  async #checkRoom(bytes: number): Promise<void> {
    const { freeBytes } = await this.#world.disk.space(this.#task.folder);
    if (freeBytes >= bytes + FREE_BYTES_MIN) return;
    throw new IoError(DISK_LOW, `${this.#task.folder}: ${freeBytes} bytes free, ${bytes} needed`);
  }

  async #use(segment: TaskSegment, work: (file: DiskFile) => Promise<void>): Promise<void> {
    const path = `${this.#task.folder}/${fileName(segment.baseOffset, ".log")}`;
    const file = await this.#world.disk.open(path, { create: false });
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  async #passed(bytesRead: number, bytesWritten = 0): Promise<void> {
    this.#bytesRead += bytesRead;
    const { clock, pace } = this.#world;
    pace.count(bytesRead + bytesWritten);
    const now = clock.monotonicMs();
    if (now - this.#toldAt >= PROGRESS_MS) this.#tell();
    while (!(await pace.breathe())) this.#tell();
  }

  #tell(): void {
    this.#toldAt = this.#world.clock.monotonicMs();
    const [bytesDone, bytesTotal] = [this.#bytesRead, this.#bytesTotal];
    this.#world.onProgress({ phase: this.#phase, bytesDone, bytesTotal });
  }
}

interface Used {
  readonly cleaner: BatchCleaner;
  readonly tracker: TransactionTracker;
  readonly rules: CleanRules;
}

/** The aborted transactions that the index of a new segment must still name. */
function keptAborted(
  group: readonly TaskSegment[],
  aborted: readonly AbortedTransaction[],
  { tracker, rules }: Used,
): readonly AbortedTransaction[] {
  const [first, last] = [group[0] as TaskSegment, group.at(-1) as TaskSegment];
  const untouched = aborted.filter(({ lastOffset: at }) => {
    return at >= first.baseOffset && at < last.endOffset && at > rules.lastOffset;
  });
  return [...tracker.takeKept(), ...untouched];
}

function sizeOf(segments: readonly TaskSegment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0);
}
