/**
 * Indexes the keys of one partition as a job of a thread: goes on where the files of its segments end, and
 * leaves one run where a segment takes no more batches.
 */
import { DecodeError, IoError, systemCode } from "@runnel/kit/errors.ts";
import { murmur2 } from "@runnel/protocol/partitioner.ts";
import { checkCrc, readBatchHeader } from "@runnel/protocol/records/batch.ts";
import type { DiskFile } from "#io/ports.ts";
import { FileHandles } from "#log/file-handles.ts";
import { fileName, TEMPORARY_SUFFIX } from "#log/names.ts";
import {
  INDEX_BYTES_DUE,
  INDEX_CHUNK_BYTES,
  INDEX_FREE_BYTES_MIN,
  INDEX_SEGMENT_BYTES_MIN,
  OPEN_FILES_MAX,
  RUN_BYTES_MAX,
} from "../limits.ts";
import { RecordCursor } from "../record.ts";
import { Chunk } from "../source/chunk.ts";
import { type Place, SegmentSource } from "../source/segment-source.ts";
import { segmentsOf } from "../source/snapshot.ts";
import { unpackBatch } from "../source/unpack.ts";
import type { Job } from "../thread/job.ts";
import type { IndexSaid, IndexTask } from "./index-task.ts";
import { Pacer } from "./pacer.ts";
import { RunBuilder } from "./run-builder.ts";
import { DamagedRunError, mergeRuns } from "./run-merger.ts";
import { type Run, readRuns } from "./runs.ts";

/** Runs `task` to its end; says of every segment how far its index has come. */
export async function runIndex(task: IndexTask, job: Job): Promise<void> {
  const pacer = new Pacer(job);
  const files = new FileHandles(job.disk, OPEN_FILES_MAX);
  const { snapshot, closedCount } = task;
  try {
    for (const [index, segment] of segmentsOf(snapshot).entries()) {
      const world = {
        files,
        allocate: (length: number) => job.disk.allocate(length),
        chunkBytes: INDEX_CHUNK_BYTES,
      };
      const unsaved = snapshot.unsaved.find((one) => one.segment === index) ?? null;
      const { folder } = snapshot;
      const source = new SegmentSource(world, { folder, segment, unsaved, onSkip: () => {} });
      const isClosed = index < closedCount;
      const indexer = new SegmentIndexer({ source, folder, files, job, pacer, isClosed });
      job.say(await indexer.run());
    }
  } finally {
    await files.close();
  }
}

class SegmentIndexer {
  readonly #source: SegmentSource;
  readonly #folder: string;
  readonly #path: string;
  readonly #files: FileHandles;
  readonly #job: Job;
  readonly #pacer: Pacer;
  readonly #isClosed: boolean;
  readonly #builder = new RunBuilder();
  readonly #cursor = new RecordCursor();
  /** Where the next run goes. */
  #end = 0;
  #coveredTo = 0;
  #indexedBytes = 0;

  constructor(options: {
    readonly source: SegmentSource;
    readonly folder: string;
    readonly files: FileHandles;
    readonly job: Job;
    readonly pacer: Pacer;
    readonly isClosed: boolean;
  }) {
    this.#source = options.source;
    const { baseOffset } = options.source.segment;
    this.#folder = options.folder;
    this.#path = `${options.folder}/${fileName(baseOffset, ".keyindex")}`;
    this.#files = options.files;
    this.#job = options.job;
    this.#pacer = options.pacer;
    this.#isClosed = options.isClosed;
  }

  async run(): Promise<IndexSaid> {
    const { baseOffset, size } = this.#source.segment;
    if (size < INDEX_SEGMENT_BYTES_MIN) return this.#said(this.#isClosed);
    try {
      // A segment that is gone must not get an index that nobody removes.
      await this.#files.use(this.#source.path, (file) => file.size());
      await this.#index();
      return this.#said(this.#isClosed);
    } catch (error) {
      if (error instanceof DamagedRunError) {
        await this.#drop();
        return { baseOffset, coveredTo: 0, indexedBytes: this.#indexedBytes, isDone: false };
      }
      if (error instanceof IoError && systemCode(error) === "ENOENT") return this.#said(true);
      throw error;
    }
  }

  #said(isDone: boolean): IndexSaid {
    const { baseOffset } = this.#source.segment;
    const [coveredTo, indexedBytes] = [this.#coveredTo, this.#indexedBytes];
    return { baseOffset, coveredTo, indexedBytes, isDone };
  }

  async #index(): Promise<void> {
    const { runs, end } = await this.#readRuns();
    const last = runs.at(-1);
    this.#end = end;
    this.#coveredTo = last?.endPosition ?? 0;
    const next: Place =
      last === undefined
        ? this.#source.start
        : { position: last.endPosition, nextOffset: last.endOffset };
    const hasMore = next.position < this.#source.segment.size;
    if (hasMore) await this.#walk(next);
    if (!this.#isClosed) return;
    const all = hasMore ? (await this.#readRuns()).runs : runs;
    if (all.some((run, index) => run.startPosition === all[index - 1]?.endPosition)) {
      await this.#merge(all);
    }
  }

  #readRuns(): ReturnType<typeof readRuns> {
    return readRuns(this.#files, this.#path, (run) => this.#source.isBatchAt(run));
  }

  /** Takes in the batches from `place` on. */
  async #walk(place: Place): Promise<void> {
    const { endOffset, size } = this.#source.segment;
    const chunk = new Chunk();
    for (let next: Place | null = place; next !== null; ) {
      await this.#pacer.breathe();
      next = await this.#source.fillForward(chunk, next);
      for (let index = 0; index < chunk.count; index += 1) {
        const header = readBatchHeader(chunk.bytes, chunk.startAt(index));
        if (header.baseOffset + header.lastOffsetDelta >= endOffset) next = null;
        else await this.#take(chunk, index);
      }
    }
    const isDue = this.#isClosed || this.#builder.bytes >= INDEX_BYTES_DUE;
    if (isDue) await this.#flush();
    if (this.#isClosed) this.#coveredTo = size;
  }

  /** Takes in one batch; one that cannot be read is in no run, so that a look-up meets it. */
  async #take(chunk: Chunk, index: number): Promise<void> {
    const at = chunk.startAt(index);
    const header = readBatchHeader(chunk.bytes, at);
    const position = chunk.position + at;
    const isNext = this.#builder.isEmpty || this.#builder.endPosition === position;
    if (!isNext || this.#builder.isFull || this.#builder.bytes >= RUN_BYTES_MAX) {
      await this.#flush();
    }
    const records = checkCrc(chunk.bytes, at, header)
      ? unpackBatch(chunk.bytes, { at, header, makeRoom: () => {} })
      : "damaged";
    const hashes = typeof records === "string" ? null : this.#hashesOf(header, records);
    if (hashes === null) {
      await this.#flush();
      return;
    }
    const { baseOffset, lastOffsetDelta, sizeInBytes: size, crc } = header;
    const endOffset = baseOffset + lastOffsetDelta + 1;
    this.#builder.addBatch({ position, size, baseOffset, endOffset, crc });
    for (const hash of hashes) this.#builder.addKey(hash);
  }

  /** The hashes of the keys in a batch; null where its records are malformed. */
  #hashesOf(
    header: Parameters<RecordCursor["openBatch"]>[1],
    records: Uint8Array,
  ): Set<number> | null {
    const hashes = new Set<number>();
    const cursor = this.#cursor;
    cursor.openBatch(0, header, records);
    try {
      while (cursor.next()) {
        const { keyAt, keyLength } = cursor.layout;
        if (keyLength >= 0) hashes.add(murmur2(records, keyAt, keyAt + keyLength) >>> 0);
      }
      return hashes;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return null;
    }
  }

  /** Writes what was taken in as a run. */
  async #flush(): Promise<void> {
    if (this.#builder.isEmpty) return;
    const { endPosition, bytes } = this.#builder;
    const parts = this.#builder.finish();
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    await this.#write(async (file) => {
      await file.truncate(this.#end);
      await file.write(parts, this.#end);
    });
    this.#end += size;
    this.#coveredTo = endPosition;
    this.#indexedBytes += bytes;
  }

  async #write(work: (file: DiskFile) => Promise<void>): Promise<void> {
    await this.#checkRoom();
    const file = await this.#job.disk.open(this.#path, { create: true });
    try {
      await work(file);
    } finally {
      await file.close();
    }
  }

  /** Throws where what is left of the disk is for appends. */
  async #checkRoom(): Promise<void> {
    const { freeBytes } = await this.#job.disk.space(this.#folder);
    if (freeBytes >= INDEX_FREE_BYTES_MIN) return;
    throw new IoError("RUNNEL_DISK_LOW", `${this.#folder}: only ${freeBytes} bytes are free`);
  }

  /** Joins runs that follow each other, and puts the result in the place of the file. */
  async #merge(runs: readonly Run[]): Promise<void> {
    const { disk } = this.#job;
    await this.#checkRoom();
    const temporary = this.#path + TEMPORARY_SUFFIX;
    const target = await disk.open(temporary, { create: true });
    try {
      await target.truncate(0);
      let position = 0;
      await this.#files.use(this.#path, async (source) => {
        for (const group of groupsOf(runs)) {
          const breathe = (): Promise<void> => this.#pacer.breathe();
          position = await mergeRuns(source, group, { target, position, breathe });
        }
      });
    } finally {
      await target.close();
    }
    await this.#files.release(this.#path);
    await disk.rename(temporary, this.#path);
  }

  async #drop(): Promise<void> {
    await this.#files.release(this.#path);
    await this.#job.disk.removeFile(this.#path);
  }
}

/** Runs that follow each other without a gap, together. */
function groupsOf(runs: readonly Run[]): Run[][] {
  const groups: Run[][] = [];
  for (const run of runs) {
    const group = groups.at(-1);
    if (group?.at(-1)?.endPosition === run.startPosition) group.push(run);
    else groups.push([run]);
  }
  return groups;
}
