/**
 * Brings a partition's folder back into memory, after an orderly stop or a crash.
 *
 * Batches behind the recovery point are checked one by one; at the first that is not whole the log
 * ends, and what lies behind is cut off. Below it nothing is ever cut: damage there is found and told
 * when it is read. Indexes that are missing or make no sense are made again from the log.
 */
import { DecodeError } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import type { BatchHeader } from "@runnel/protocol/records/batch.ts";
import { readSmallFile } from "./atomic-file.ts";
import { finishSwaps } from "./compaction/segment-swap.ts";
import { EpochCache } from "./epoch-cache.ts";
import { syncFile } from "./failures.ts";
import type { LogEnvironment, OpenLogOptions } from "./log-environment.ts";
import { findNextBatch, headerIn, type ReaderIo, walkBatches } from "./log-reader.ts";
import {
  DAMAGED_SUFFIX,
  DELETED_SUFFIX,
  EPOCH_CHECKPOINT,
  fileName,
  INDEX_SUFFIXES,
  offsetOfName,
  TEMPORARY_SUFFIX,
} from "./names.ts";
import { decodeSnapshot } from "./producer-snapshot.ts";
import { ProducerState } from "./producer-state.ts";
import type { RecoveryPoint } from "./recovery-point.ts";
import { rewrite } from "./rewrite.ts";
import { newestOf, Segment, type StartPlace } from "./segment.ts";
import { learnNewest, loadIndexes, rebuildIndexes, restart, saveIndexes } from "./segment-files.ts";
import { OffsetIndex, TimeIndex } from "./sparse-index.ts";
import {
  bookBatch,
  learnTransactions,
  rebuildTransactions,
  saveTransactions,
} from "./transaction-files.ts";
import type { AbortedTransaction } from "./transaction-index.ts";

export interface LoadOptions {
  readonly folder: string;
  readonly indexIntervalBytes: number;
  /** Null when none was ever written. */
  readonly recoveryPoint: RecoveryPoint | null;
  /** Where the log begins by a checkpoint; 0 without one. */
  readonly logStartOffset: number;
  /** Cut the log here, where a failed write left more; null for no cut. */
  readonly truncateTo: number | null;
  /** The process before this one stopped in order: everything in the folder is durable. */
  readonly isDurable: boolean;
  /** A sync failed here before: what is read may be in memory alone, whatever a new sync says. */
  readonly isDoubted: boolean;
  readonly nowMs: number;
  readonly logger: Logger;
}

export interface LoadedLog {
  readonly segments: Segment[];
  readonly epochs: EpochCache;
  readonly producers: ProducerState;
  readonly logStartOffset: number;
  readonly endOffset: number;
  /** Bytes that were checked behind the recovery point. */
  readonly scannedBytes: number;
  /** Bytes cut off behind the last whole batch. */
  readonly truncatedBytes: number;
}

/** As `loadLog`, with what the log's node shares. */
export function loadFor(
  environment: LogEnvironment,
  { config, ...options }: OpenLogOptions & { readonly truncateTo: number | null },
): Promise<LoadedLog> {
  const { disk, files, logger } = environment;
  const known = { indexIntervalBytes: config.indexIntervalBytes, nowMs: environment.nowMs() };
  return loadLog({ disk, files }, { ...options, ...known, logger });
}

/** Loads the log; afterwards the folder holds exactly what is returned. */
export async function loadLog(io: ReaderIo, options: LoadOptions): Promise<LoadedLog> {
  await finishSwaps(io, options.folder, options.logger);
  const names = await removeLeftovers(io, options);
  const loader = new Loader(io, options, await findSegments(io, options, names));
  await loader.loadEpochs();
  await loader.loadProducers(names.flatMap((name) => offsetOfName(name, ".snapshot") ?? []));
  return await loader.run();
}

/** Removes what a crash or a failed write left half done; returns the names that remain. */
async function removeLeftovers(
  io: ReaderIo,
  { folder, truncateTo }: LoadOptions,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const name of await io.disk.list(folder)) {
    const isBehindCut = (offsetOfName(name, ".log") ?? -1) > (truncateTo ?? Infinity);
    if (isBehindCut) await io.files.release(`${folder}/${name}`);
    if (isBehindCut || name.endsWith(DELETED_SUFFIX) || name.endsWith(TEMPORARY_SUFFIX)) {
      await io.disk.removeFile(`${folder}/${name}`);
    } else kept.push(name);
  }
  const logs = new Set(kept.flatMap((name) => offsetOfName(name, ".log") ?? []));
  for (const name of kept) {
    const offsets = INDEX_SUFFIXES.flatMap((suffix) => offsetOfName(name, suffix) ?? []);
    const isStray = offsets.some((offset) => !logs.has(offset));
    if (isStray) await io.disk.removeFile(`${folder}/${name}`);
  }
  return kept;
}

async function findSegments(
  io: ReaderIo,
  { folder, logStartOffset, nowMs }: LoadOptions,
  names: readonly string[],
): Promise<Segment[]> {
  const bases = names.flatMap((name) => offsetOfName(name, ".log") ?? []).sort((a, b) => a - b);
  const segments: Segment[] = [];
  for (const base of bases) {
    const path = `${folder}/${fileName(base, ".log")}`;
    const stat = await io.disk.stat(path);
    const segment = new Segment(folder, base, stat?.modifiedAt ?? nowMs);
    segment.size = stat?.size ?? 0;
    segment.writtenSize = segment.size;
    segment.syncedSize = segment.size;
    segment.indexes = null;
    segments.push(segment);
  }
  if (segments.length > 0) return segments;
  const first = new Segment(folder, logStartOffset, nowMs);
  await io.files.create(first.path(".log"));
  return [first];
}

class Loader {
  readonly #io: ReaderIo;
  readonly #options: LoadOptions;
  readonly #segments: Segment[];
  #epochs = new EpochCache();
  #producers = new ProducerState();
  /** The snapshot in `#producers` covers what lies below. */
  #producersUpTo = 0;
  #snapshots: readonly number[] = [];
  /** Of the segment that was active at the snapshot. */
  #aborted: readonly AbortedTransaction[] = [];
  #endOffset = 0;
  #scannedBytes = 0;
  /** Where the check began in the first segment that it read. */
  #checkedFrom = 0;
  #truncatedBytes = 0;
  /** The check ended at damage below the recovery point. */
  #belowDamage = false;
  /** Batches from here on are news to the epochs too. */
  #epochsUpTo = 0;

  constructor(io: ReaderIo, options: LoadOptions, segments: Segment[]) {
    this.#io = io;
    this.#options = options;
    this.#segments = segments;
  }

  /** All below has been durable before: the recovery point, or a cut below it. */
  get #trustedUpTo(): number {
    const { recoveryPoint, truncateTo } = this.#options;
    const first = (this.#segments[0] as Segment).baseOffset;
    const point = Math.max(recoveryPoint?.offset ?? 0, first);
    return truncateTo === null ? point : Math.min(point, truncateTo);
  }

  async loadEpochs(): Promise<void> {
    const bytes = await readSmallFile(this.#io.disk, `${this.#options.folder}/${EPOCH_CHECKPOINT}`);
    const cache = bytes === null ? null : EpochCache.parse(new TextDecoder().decode(bytes));
    if (cache !== null) {
      this.#epochs = cache;
      this.#epochsUpTo = this.#trustedUpTo;
    } else this.#epochsUpTo = (this.#segments[0] as Segment).baseOffset;
  }

  async loadProducers(snapshots: readonly number[]): Promise<void> {
    this.#snapshots = snapshots;
    const { folder, recoveryPoint, logger } = this.#options;
    const trusted = this.#trustedUpTo;
    this.#producersUpTo =
      recoveryPoint?.hasSnapshot === false ? trusted : (this.#segments[0] as Segment).baseOffset;
    if (recoveryPoint?.hasSnapshot === false && trusted === recoveryPoint.offset) return;
    const usable = snapshots.filter((offset) => offset <= trusted).sort((a, b) => b - a);
    for (const offset of usable) {
      const path = `${folder}/${fileName(offset, ".snapshot")}`;
      try {
        const bytes = await readSmallFile(this.#io.disk, path);
        if (bytes === null) continue;
        const snapshot = decodeSnapshot(bytes, offset);
        this.#producers = snapshot.producers;
        this.#aborted = snapshot.aborted;
        this.#producersUpTo = offset;
        return;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        logger.warn(
          { path, error: error.message },
          "producer snapshot is damaged, trying an older",
        );
        await this.#io.disk.removeFile(path);
      }
    }
  }

  async run(): Promise<LoadedLog> {
    const trusted = this.#trustedUpTo;
    const checked = Math.max(
      0,
      this.#segments.findLastIndex((segment) => segment.baseOffset <= trusted),
    );
    await this.#learnClosed(checked);
    this.#recallAborted(checked);
    await this.#replayBelow(trusted, Math.min(this.#producersUpTo, this.#epochsUpTo));
    await this.#check(checked, trusted);
    await this.#beginAtStart();
    const first = this.#segments[0] as Segment;
    this.#epochs.truncateFrom(this.#endOffset);
    for (const offset of this.#snapshots.filter((one) => one > this.#endOffset)) {
      await this.#io.disk.removeFile(`${this.#options.folder}/${fileName(offset, ".snapshot")}`);
    }
    await this.#makeDurable(checked, trusted);
    return {
      segments: this.#segments,
      epochs: this.#epochs,
      producers: this.#producers,
      logStartOffset: Math.max(this.#options.logStartOffset, first.baseOffset),
      endOffset: this.#endOffset,
      scannedBytes: this.#scannedBytes,
      truncatedBytes: this.#truncatedBytes,
    };
  }

  /** A log that lost records below its start goes on at its start: no offset is used twice. */
  async #beginAtStart(): Promise<void> {
    const { folder, logStartOffset, nowMs } = this.#options;
    if (this.#endOffset >= logStartOffset) return;
    const next = new Segment(folder, logStartOffset, nowMs);
    await this.#io.files.create(next.path(".log"));
    this.#segments.push(next);
    this.#endOffset = logStartOffset;
  }

  /**
   * What was found may have been written by a process that was killed before it could sync. It is about
   * to be visible, so it must survive a power cut from here on.
   */
  async #makeDurable(checked: number, trusted: number): Promise<void> {
    const { isDurable, isDoubted } = this.#options;
    if (isDurable && !isDoubted && this.#endOffset === trusted) return;
    for (const [index, segment] of this.#segments.slice(checked).entries()) {
      if (segment.writtenSize === 0) continue;
      if (isDoubted) await rewrite(this.#io, segment, index === 0 ? this.#checkedFrom : 0);
      await this.#io.files.use(segment.path(".log"), syncFile);
    }
    await this.#io.disk.syncDirectory(this.#options.folder);
  }

  /** Looks at the index files of the segments before number `checked`, which are not read. */
  async #learnClosed(checked: number): Promise<void> {
    const unknown = new Set<Segment>();
    for (const segment of this.#segments.slice(0, checked)) {
      if (!(await learnTransactions(this.#io.disk, segment))) unknown.add(segment);
      if (await learnNewest(this.#io, segment)) continue;
      this.#options.logger.warn(
        { path: segment.path(".index") },
        "index is missing or torn, made anew",
      );
      await rebuildIndexes(this.#io, segment, this.#options.indexIntervalBytes);
    }
    if (unknown.size === 0) return;
    const { folder, logger } = this.#options;
    logger.warn({ folder }, "indexes of aborted transactions are missing or torn, made anew");
    await rebuildTransactions(this.#io, this.#segments, unknown);
    for (const segment of unknown) {
      // Where the disk is full they stay in memory.
      await saveTransactions(this.#io.disk, segment).catch(() => {});
    }
  }

  /** What the snapshot knows of the segment that is checked; replay adds what is behind. */
  #recallAborted(checked: number): void {
    const segment = this.#segments[checked] as Segment;
    segment.aborted = this.#aborted.filter(({ lastOffset }) => lastOffset >= segment.baseOffset);
  }

  /** Replays batches from `from` up to `trusted` for producers and epochs; passes over damage. */
  async #replayBelow(trusted: number, from: number): Promise<void> {
    if (from >= trusted) return;
    for (const [index, segment] of this.#segments.entries()) {
      const end = this.#segments[index + 1]?.baseOffset ?? Number.POSITIVE_INFINITY;
      if (end <= from || segment.baseOffset >= trusted) continue;
      const walked = await walkBatches(this.#io, segment, segment.start, (header, _at, bytes) => {
        if (header.baseOffset >= trusted) return false;
        this.#note(segment, header, bytes);
        return true;
      });
      if (walked.reason === "damage") this.#tellDamage(segment, walked.position);
    }
  }

  /**
   * Checks every batch from offset `trusted` on, and cuts the log at the first that is not whole. What
   * is damaged below `trusted` stays, told of and passed over.
   */
  async #check(first: number, trusted: number): Promise<void> {
    this.#endOffset = trusted;
    for (let at = first; at < this.#segments.length; at += 1) {
      const segment = this.#segments[at] as Segment;
      const size = segment.writtenSize;
      if (at > first && segment.baseOffset !== this.#endOffset && !this.#belowDamage) {
        await this.#setAside(at);
        return;
      }
      const start = at === first ? await this.#rewind(segment, trusted) : this.#restart(segment);
      if (at === first) this.#checkedFrom = start.position;
      const position = await this.#checkSegment(segment, start, trusted);
      this.#scannedBytes += position - start.position;
      if (start.position > 0) await this.#learnFirstTimestamp(segment);
      if (this.#belowDamage) {
        await this.#beginBehindDamage(at, size, trusted);
        continue;
      }
      if (position === size) continue;
      await this.#cut(segment, position, size);
      await this.#setAside(at + 1);
      return;
    }
  }

  /** Books the whole batches of a segment; returns the position behind the last of them. */
  async #checkSegment(segment: Segment, start: StartPlace, trusted: number): Promise<number> {
    const { truncateTo } = this.#options;
    let place = start;
    let reached = segment.baseOffset;
    for (;;) {
      const end = await walkBatches(this.#io, segment, place, (header, position, bytes) => {
        if (truncateTo !== null && header.baseOffset >= truncateTo) return false;
        this.#book(segment, header, position);
        this.#note(segment, header, bytes);
        reached = header.baseOffset + header.lastOffsetDelta + 1;
        this.#endOffset = Math.max(this.#endOffset, reached);
        return true;
      });
      if (end.reason !== "damage" || reached >= trusted) {
        this.#belowDamage = end.reason === "end" && reached < trusted;
        if (this.#belowDamage) this.#tellDamage(segment, end.position);
        return end.position;
      }
      this.#tellDamage(segment, end.position);
      const next = await findNextBatch(this.#io, segment, end.position, reached);
      this.#belowDamage = next === null;
      if (next === null) return end.position;
      place = { position: next, lastOffset: -1, baseOffset: -1 };
    }
  }

  /** The log goes on behind `trusted`, in a new segment unless one is there; the damaged one stays. */
  async #beginBehindDamage(at: number, size: number, trusted: number): Promise<void> {
    const segment = this.#segments[at] as Segment;
    segment.size = size;
    segment.writtenSize = size;
    await saveIndexes(this.#io.disk, segment, { isClosed: true });
    segment.indexes = null;
    const { folder, nowMs } = this.#options;
    const following = this.#segments[at + 1];
    this.#endOffset = following?.baseOffset ?? trusted;
    if (following !== undefined) return;
    const next = new Segment(folder, trusted, nowMs);
    await this.#io.files.create(next.path(".log"));
    this.#segments.push(next);
  }

  async #cut(segment: Segment, position: number, size: number): Promise<void> {
    this.#truncatedBytes += size - position;
    this.#options.logger.warn(
      { path: segment.path(".log"), position, bytes: size - position, endOffset: this.#endOffset },
      "cut off an incomplete tail",
    );
    await this.#io.files.use(segment.path(".log"), async (file) => {
      await file.truncate(position);
      await syncFile(file);
    });
    segment.writtenSize = position;
    segment.syncedSize = position;
    segment.size = position;
  }

  /** Segments behind a cut are no part of the log; they are kept under another name. */
  async #setAside(from: number): Promise<void> {
    const { disk, files } = this.#io;
    for (const segment of this.#segments.splice(from)) {
      const path = segment.path(".log");
      this.#truncatedBytes += segment.writtenSize;
      this.#options.logger.error({ path }, "segment behind a damaged one was set aside");
      await files.release(path);
      await disk.rename(path, path + DAMAGED_SUFFIX);
      for (const suffix of INDEX_SUFFIXES) await disk.removeFile(segment.path(suffix));
    }
  }

  /** Makes the indexes ready for batches from `offset` on; returns the position to read from. */
  async #rewind(segment: Segment, offset: number): Promise<StartPlace> {
    const interval = this.#options.indexIntervalBytes;
    const size = segment.writtenSize;
    const indexes = await loadIndexes(this.#io, segment, interval);
    let entry = indexes.offsets.find(offset - 1 - segment.baseOffset);
    let place = segment.start;
    for (; entry >= 0; entry -= 1) {
      place = {
        position: indexes.offsets.positionAt(entry),
        lastOffset: segment.baseOffset + indexes.offsets.relativeOffsetAt(entry),
        baseOffset: -1,
      };
      if (await this.#fits(segment, place)) break;
    }
    if (entry < 0) return this.#restart(segment);
    const start = place.position;
    restart(segment, indexes);
    indexes.offsets.truncate(start + 1);
    indexes.times.truncate(indexes.offsets.relativeOffsetAt(entry) + 1);
    const times = indexes.times;
    // What is cut off is not what the files will hold there.
    segment.savedOffsetEntries = indexes.offsets.count;
    segment.savedTimeEntries = times.count;
    if (times.count > 0) {
      segment.maxTimestamp = times.timestampAt(times.count - 1);
      segment.offsetOfMaxTimestamp = segment.baseOffset + times.relativeOffsetAt(times.count - 1);
    }
    this.#recallNewest(segment);
    segment.size = start;
    segment.writtenSize = size;
    return place;
  }

  /** The recovery point knows the newest record below it; a power cut may cost the index its end. */
  #recallNewest(segment: Segment): void {
    const { recoveryPoint } = this.#options;
    if (recoveryPoint === null || recoveryPoint.maxTimestamp < segment.maxTimestamp) return;
    if (recoveryPoint.offsetOfMaxTimestamp < segment.baseOffset) return;
    if (recoveryPoint.offsetOfMaxTimestamp >= this.#trustedUpTo) return;
    segment.maxTimestamp = recoveryPoint.maxTimestamp;
    segment.offsetOfMaxTimestamp = recoveryPoint.offsetOfMaxTimestamp;
  }

  /** Whether an index entry points at the batch that it names. */
  async #fits(segment: Segment, place: StartPlace): Promise<boolean> {
    const header = await headerIn(this.#io, segment, place.position);
    return header !== null && header.baseOffset + header.lastOffsetDelta === place.lastOffset;
  }

  #restart(segment: Segment): StartPlace {
    restart(segment, { offsets: new OffsetIndex(), times: new TimeIndex() });
    segment.savedOffsetEntries = 0;
    segment.savedTimeEntries = 0;
    return segment.start;
  }

  #book(segment: Segment, header: BatchHeader, position: number): void {
    const lastOffset = header.baseOffset + header.lastOffsetDelta;
    const { sizeInBytes: size } = header;
    const maxTimestamp = newestOf(header);
    const { indexIntervalBytes } = this.#options;
    segment.book({ lastOffset, position, size, maxTimestamp }, indexIntervalBytes);
  }

  #note(segment: Segment, header: BatchHeader, bytes: Uint8Array): void {
    if (header.baseOffset >= this.#producersUpTo) {
      const aborted = bookBatch(this.#producers, header, bytes);
      // What is stored has been acknowledged, or will be visible: its markers count.
      this.#producers.transactions.settle(header.baseOffset + 1);
      if (aborted !== null) segment.aborted?.push(aborted);
      this.#producersUpTo = header.baseOffset + header.lastOffsetDelta + 1;
    }
    this.#epochs.assign(header.partitionLeaderEpoch, header.baseOffset);
  }

  /** Reads when the segment's first batch was written, where the check began behind it. */
  async #learnFirstTimestamp(segment: Segment): Promise<void> {
    const header = await headerIn(this.#io, segment, 0);
    segment.firstTimestamp = header?.maxTimestamp ?? -1;
  }

  #tellDamage(segment: Segment, position: number): void {
    this.#options.logger.error(
      { path: segment.path(".log"), position },
      "a stored batch is damaged; it will not be served",
    );
  }
}
