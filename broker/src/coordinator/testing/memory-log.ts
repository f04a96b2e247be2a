/** An internal topic in memory, whose writes and loads can be made to fail or to wait. */
import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { BatchOutcome, CoordinatorBatch, CoordinatorLog, LoadedItem } from "../ports.ts";

const CHUNK_ITEMS = 3;

export type AppendFault =
  /** Nothing was written. */
  | "refused"
  /** It was written, and the caller is told that it was not. */
  | "unknown"
  | null;

export class MemoryLog implements CoordinatorLog {
  readonly partitions: LoadedItem[][];
  /** Records and markers of the writes so far, failed ones included. */
  readonly appends: number[] = [];
  /** Loads so far. */
  reads = 0;
  /** What becomes of the write with this number (from 0). */
  faultOf: (index: number) => AppendFault = () => null;
  /** What the log has against a batch's producer. */
  refusalOf: (batch: CoordinatorBatch) => ErrorCode = () => ErrorCode.NONE;
  /** Whether the next load fails. */
  failsRead: (read: number) => boolean = () => false;
  /** Writes, loads and the search for the topic wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** Loads wait for it, too. */
  readGate: Promise<void> = Promise.resolve();
  topicExists = true;

  constructor(partitionCount: number) {
    this.partitions = Array.from({ length: partitionCount }, () => []);
  }

  async partitionCount(): Promise<number> {
    await this.gate;
    if (!this.topicExists) throw new IoError("RUNNEL_TEST", "no room for the topic");
    return this.partitions.length;
  }

  async write(
    partition: number,
    batches: readonly CoordinatorBatch[],
    nowMs: number,
  ): Promise<readonly BatchOutcome[]> {
    const fault = this.faultOf(this.appends.length);
    this.appends.push(batches.reduce((sum, batch) => sum + itemCount(batch), 0));
    await this.gate;
    const log = this.partitions[partition] ?? [];
    const outcomes = batches.map((batch) => {
      const errorCode = this.refusalOf(batch);
      if (errorCode !== ErrorCode.NONE) return { errorCode, baseOffset: -1 };
      const baseOffset = endOf(log);
      if (fault !== "refused") appendItems(log, batch, nowMs);
      return { errorCode, baseOffset };
    });
    if (fault !== null) throw new IoError("RUNNEL_TEST", `append ${this.appends.length} failed`);
    return outcomes;
  }

  async *load(partition: number): AsyncGenerator<readonly LoadedItem[]> {
    this.reads += 1;
    const fails = this.failsRead(this.reads);
    await this.gate;
    await this.readGate;
    if (fails) throw new IoError("RUNNEL_TEST", `read ${this.reads} failed`);
    const log = this.partitions[partition] ?? [];
    for (let at = 0; at < log.length; at += CHUNK_ITEMS) yield log.slice(at, at + CHUNK_ITEMS);
  }
}

const itemCount = (batch: CoordinatorBatch): number =>
  batch.kind === "marker" ? 1 : batch.records.length;

/** What a log that took the batch gives back at a load, with the next offsets. */
export function appendItems(log: LoadedItem[], batch: CoordinatorBatch, timestamp: number): void {
  if (batch.kind === "marker") {
    const { producerId, isCommit } = batch.marker;
    log.push({ kind: "end", offset: endOf(log), producerId, isCommit });
    return;
  }
  for (const record of batch.records) {
    const { producer } = batch;
    log.push({ kind: "record", ...record, offset: endOf(log), timestamp, producer });
  }
}

/** Where the next batch goes: compaction leaves gaps. */
export function endOf(log: readonly LoadedItem[]): number {
  return (log.at(-1)?.offset ?? -1) + 1;
}

/**
 * The log after a compaction of all that is decided, with its offsets: of each key the last record, nothing
 * of aborted transactions. `isLate`: removals and ends of transactions have had their time, too.
 */
export function compacted(log: readonly LoadedItem[], isLate: boolean): LoadedItem[] {
  const fates = fatesOf(log);
  const isOpen = (item: LoadedItem): boolean => fates.get(item) === "open";
  const dirtyFrom = log.find(isOpen)?.offset ?? endOf(log);
  const isKept = (item: LoadedItem): boolean => item.offset >= dirtyFrom || item === log.at(-1);
  const last = new Map<string, LoadedItem>();
  for (const item of log) {
    if (item.kind !== "record" || item.offset >= dirtyFrom) continue;
    if (fates.get(item) !== "aborted") last.set(item.key.join(), item);
  }
  const records = log.filter((item) => {
    if (item.kind === "end" || isKept(item)) return true;
    return last.get(item.key.join()) === item && !(isLate && item.value === null);
  });
  if (!isLate) return records;
  const producers = new Set(
    records.map((item) => (item.kind === "record" ? item.producer?.producerId : undefined)),
  );
  return records.filter(
    (item) => item.kind === "record" || isKept(item) || producers.has(item.producerId),
  );
}

/** What became of the records of transactions. */
function fatesOf(log: readonly LoadedItem[]): ReadonlyMap<LoadedItem, string> {
  const fates = new Map<LoadedItem, string>();
  const next = new Map<bigint, string>();
  for (const item of log.toReversed()) {
    if (item.kind === "end") next.set(item.producerId, item.isCommit ? "committed" : "aborted");
    else if (item.producer !== null) {
      fates.set(item, next.get(item.producer.producerId) ?? "open");
    }
  }
  return fates;
}
