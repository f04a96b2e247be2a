/** An internal topic in memory, whose appends and reads can be made to fail or to wait. */
import { IoError } from "@runnel/kit/errors.ts";
import type { CoordinatorLog, CoordinatorRecord, LoadedRecord } from "../ports.ts";

const CHUNK_RECORDS = 3;

export type AppendFault =
  /** Nothing was written. */
  | "refused"
  /** It was written, and the caller is told that it was not. */
  | "unknown"
  | null;

export class MemoryLog implements CoordinatorLog {
  readonly partitions: LoadedRecord[][];
  /** Record counts of the appends so far, failed ones included. */
  readonly appends: number[] = [];
  /** Reads so far. */
  reads = 0;
  /** What becomes of the append with this number (from 0). */
  faultOf: (index: number) => AppendFault = () => null;
  /** Whether the next read fails. */
  failsRead: (read: number) => boolean = () => false;
  /** Appends, reads and the search for the topic wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** Reads wait for it, too. */
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

  async append(
    partition: number,
    records: readonly CoordinatorRecord[],
    nowMs: number,
  ): Promise<number> {
    const fault = this.faultOf(this.appends.length);
    this.appends.push(records.length);
    await this.gate;
    const log = this.partitions[partition] ?? [];
    if (fault !== "refused") {
      for (const record of records) log.push({ ...record, offset: log.length, timestamp: nowMs });
    }
    if (fault !== null) throw new IoError("RUNNEL_TEST", `append ${this.appends.length} failed`);
    return log.length;
  }

  async *read(partition: number): AsyncGenerator<readonly LoadedRecord[]> {
    this.reads += 1;
    const fails = this.failsRead(this.reads);
    await this.gate;
    await this.readGate;
    if (fails) throw new IoError("RUNNEL_TEST", `read ${this.reads} failed`);
    const log = this.partitions[partition] ?? [];
    for (let at = 0; at < log.length; at += CHUNK_RECORDS) yield log.slice(at, at + CHUNK_RECORDS);
  }
}
