/**
 * A log that is sent to, compacted and restarted, and the book of what a consumer must find in it: for the
 * tests of compaction.
 */
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import type { Disk } from "#io/ports.ts";
import { abortedBetween } from "../aborted.ts";
import type { PartitionLog } from "../partition-log.ts";
import { append, DATA, Rig, type RigOptions } from "../testing.ts";
import { COMPACTED, compact, recordsIn, type SeenRecord } from "./testing.ts";

export const RETENTION_MS = 1000;
const CONFIG = { ...COMPACTED, segmentBytes: 700, deleteRetentionMs: RETENTION_MS };

export type Step =
  | {
      readonly kind: "send";
      /** 0 has no id, 1 and 2 are idempotent, 3 and 4 send in transactions. */
      readonly producer: number;
      readonly records: readonly {
        readonly key: readonly number[] | null;
        /** How long; null for a tombstone. */
        readonly value: number | null;
      }[];
      readonly codec: CodecName;
    }
  | { readonly kind: "end"; readonly producer: number; readonly isCommit: boolean }
  | { readonly kind: "roll" }
  | { readonly kind: "wait"; readonly ms: number }
  /** With a map of so many keys. */
  | { readonly kind: "compact"; readonly keysMax: number }
  | {
      readonly kind: "restart";
      readonly isKilled: boolean;
      /** All that can be made again from the log is gone: snapshots, indexes, checkpoints. */
      readonly isStripped: boolean;
    };

/** What was appended at an offset. */
export interface Entry {
  readonly offset: number;
  readonly producerId: bigint;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly isMarker: boolean;
  /** Of the transaction it is in, or that it ends. */
  transaction: Transaction | null;
  /** Not removed before, where it is a tombstone that a pass has kept. */
  horizonAt: number | null;
}

interface Transaction {
  state: "open" | "committed" | "aborted";
}

export class Story {
  rig: Rig;
  log: PartitionLog;
  readonly entries: Entry[] = [];
  /** What the log got wrong. */
  readonly findings: string[] = [];
  readonly #open = new Map<number, Transaction>();
  readonly #sequences = new Map<number, number>();
  #valueCount = 0;

  private constructor(rig: Rig, log: PartitionLog) {
    this.rig = rig;
    this.log = log;
  }

  static async begin(options: RigOptions = {}): Promise<Story> {
    const rig = await Rig.open(options);
    return new Story(rig, await rig.log(CONFIG));
  }

  get stableOffset(): number {
    const { transactions } = this.log.producers;
    transactions.settle(this.log.logEndOffset);
    return transactions.firstUndecided ?? this.log.logEndOffset;
  }

  async take(step: Step): Promise<void> {
    if (step.kind === "send") this.#send(step);
    else if (step.kind === "end") this.#end(step.producer, step.isCommit);
    else if (step.kind === "roll") this.log.rollIfFilled();
    else if (step.kind === "wait") await this.rig.time.advanceAsync(step.ms);
    else if (step.kind === "compact") await this.compact(step.keysMax);
    else await this.#restart(step);
    await this.rig.settle();
  }

  #send({ producer, records, codec }: Extract<Step, { kind: "send" }>): void {
    const timestamp = this.rig.time.nowMs() - 5;
    const isTransactional = producer >= 3;
    const baseSequence = this.#sequences.get(producer) ?? 0;
    const values = records.map(({ value }) => {
      this.#valueCount += 1;
      return value === null ? null : `${this.#valueCount}:${"x".repeat(value)}`;
    });
    const identity =
      producer === 0
        ? {}
        : { producerId: BigInt(producer), producerEpoch: 0, baseSequence, isTransactional };
    const batch = buildBatch({
      records: records.map(({ key }, at) => ({
        key: key === null ? null : Uint8Array.from(key),
        value: values[at] === null ? null : new TextEncoder().encode(values[at] as string),
        timestamp: timestamp + at,
      })),
      codec,
      ...identity,
    });
    const outcome = append(this.log, batch);
    if (outcome.kind !== "appended") throw new Error(`send: ${JSON.stringify(outcome)}`);
    if (producer > 0) this.#sequences.set(producer, baseSequence + records.length);
    if (isTransactional && !this.#open.has(producer)) this.#open.set(producer, { state: "open" });
    for (const [at, { key }] of records.entries()) {
      this.entries.push({
        offset: outcome.baseOffset + at,
        producerId: producer === 0 ? -1n : BigInt(producer),
        key: key === null ? null : key.join(),
        value: values[at] ?? null,
        timestamp: timestamp + at,
        isMarker: false,
        transaction: this.#open.get(producer) ?? null,
        horizonAt: null,
      });
    }
  }

  #end(producer: number, isCommit: boolean): void {
    const marker = { producerEpoch: 0, coordinatorEpoch: 1, transactionVersion: 1, isCommit };
    const outcome = this.log.appendMarker({ ...marker, producerId: BigInt(producer) }, 0);
    if (outcome.kind !== "appended") throw new Error(`end: ${JSON.stringify(outcome)}`);
    const transaction = this.#open.get(producer) ?? null;
    this.#open.delete(producer);
    if (transaction !== null) transaction.state = isCommit ? "committed" : "aborted";
    this.entries.push({
      offset: outcome.baseOffset,
      producerId: BigInt(producer),
      key: null,
      value: null,
      timestamp: this.rig.time.nowMs(),
      isMarker: true,
      transaction,
      horizonAt: null,
    });
  }

  async #restart({ isKilled, isStripped }: Extract<Step, { kind: "restart" }>): Promise<void> {
    if (isKilled) await this.rig.settle();
    else await this.rig.run(this.rig.manager.close());
    const { disk } = this.rig;
    for (const folder of isStripped ? [DATA, this.log.folder] : []) {
      for (const name of await disk.list(folder)) {
        const isFile = (await disk.stat(`${folder}/${name}`))?.isDirectory === false;
        if (isFile && !name.endsWith(".log")) await disk.removeFile(`${folder}/${name}`);
      }
    }
    await this.reopen(disk);
  }

  /** Opens the log anew, on what a crash has left. */
  async reopen(disk: Disk): Promise<void> {
    this.rig = await Rig.open({ disk, time: this.rig.time });
    this.log = await this.rig.log(CONFIG);
  }

  /** A pass in which something may go wrong. */
  async tryCompact(): Promise<void> {
    const at = new Set((await recordsIn(this.rig, this.log)).map(({ offset }) => offset));
    this.#noteTombstones(at, this.log.segments.at(-1)?.baseOffset ?? 0);
    const { stableOffset } = this;
    await compact(this.rig, this.log, { stableOffset }).catch(() => {});
    await this.rig.settle();
  }

  /** Tombstones that a pass has kept may go some time after it. */
  #noteTombstones(at: { has(offset: number): boolean }, endOffset: number): void {
    for (const one of this.entries) {
      const isKept = at.has(one.offset) && !one.isMarker && one.value === null;
      if (isKept && one.offset < endOffset) one.horizonAt ??= this.rig.time.nowMs() + RETENTION_MS;
    }
  }

  async compact(keysMax: number): Promise<void> {
    await this.rig.settle();
    const { stableOffset } = this;
    const active = this.log.segments.at(-1)?.baseOffset ?? 0;
    // The least map has 11 places, of which it uses a share.
    const map = { dedupeBufferBytes: keysMax > 11 ? 1024 * 1024 : 0 };
    const dedupeLoadFactor = Math.min(0.9, (keysMax + 0.1) / 11);
    const options = { ...map, dedupeLoadFactor, stableOffset };
    const view = await compact(this.rig, this.log, options);
    if (view?.failure) this.#say("failed", view.failure);
    const seen = await recordsIn(this.rig, this.log);
    const at = new Map(seen.map((record) => [record.offset, record]));
    this.#noteTombstones(at, active);
    for (const one of this.entries) {
      const mustStay = one.offset >= Math.min(active, stableOffset);
      if (mustStay && !at.has(one.offset)) this.#say("removed too early", one);
    }
    if (view?.dirtyRatio !== 0) this.#say("is not done", view);
    if (view?.lastPass) this.#checkUnique(seen, view.lastPass.cleanedTo);
  }

  /** Of what is compacted nothing is there twice. */
  #checkUnique(seen: readonly SeenRecord[], cleanedTo: number): void {
    const keys = seen.flatMap(({ key, isControl, offset }) =>
      key === null || isControl || offset >= cleanedTo ? [] : key.join(),
    );
    if (new Set(keys).size !== keys.length) this.#say("keys are there twice", keys);
  }

  async check(): Promise<void> {
    const seen = await recordsIn(this.rig, this.log);
    const model = new Map(this.entries.map((entry) => [entry.offset, entry]));
    for (const record of seen) {
      const entry = model.get(record.offset);
      const isSame = entry !== undefined && shownOf(record) === wantedOf(entry);
      if (!isSame) this.#say("a record that nobody sent", { record, entry });
    }
    const at = new Set(seen.map(({ offset }) => offset));
    const undecided = this.entries.find(({ transaction }) => transaction?.state === "open");
    if (this.stableOffset !== (undecided?.offset ?? this.log.logEndOffset)) {
      this.#say("another last stable offset", this.stableOffset);
    }
    this.#checkNewest(at);
    this.#checkMarkers(at);
    await this.#checkCommitted(seen, model);
  }

  /** The newest of each key is there, or was deleted long enough ago. */
  #checkNewest(at: ReadonlySet<number>): void {
    const isVisible = ({ isMarker, transaction }: Entry): boolean =>
      !isMarker && (transaction === null || transaction.state === "committed");
    const newest = new Map<string, Entry>();
    for (const entry of this.entries) {
      if (isVisible(entry) && entry.key !== null) newest.set(entry.key, entry);
    }
    for (const [key, entry] of newest) {
      if (at.has(entry.offset)) continue;
      if (entry.value !== null) this.#say("the newest of a key is gone", entry);
      const isDue = (entry.horizonAt ?? Infinity) <= this.rig.time.nowMs();
      if (!isDue) this.#say("a tombstone went too early", entry);
      const left = this.entries.find(
        (one) => isVisible(one) && one.key === key && at.has(one.offset),
      );
      if (left !== undefined) this.#say("a deleted key is back", left);
    }
  }

  /** No marker goes before the data that it speaks of. */
  #checkMarkers(at: ReadonlySet<number>): void {
    for (const { isMarker, transaction, offset } of this.entries) {
      if (!isMarker || transaction === null || at.has(offset)) continue;
      const left = this.entries.find(
        (one) => one.transaction === transaction && at.has(one.offset),
      );
      if (left !== undefined) this.#say("a marker went before its data", left);
    }
  }

  /** A consumer of committed data gets nothing that was aborted, and all else that is there. */
  async #checkCommitted(
    seen: readonly SeenRecord[],
    model: ReadonlyMap<number, Entry>,
  ): Promise<void> {
    const { stableOffset } = this;
    const asked = Promise.resolve(abortedBetween(this.log, 0, stableOffset));
    const aborted = await this.rig.run(asked);
    for (const { offset, producerId, isControl } of seen) {
      if (isControl || offset >= stableOffset) continue;
      const isHidden = aborted.some(
        (one) =>
          one.producerId === producerId && one.firstOffset <= offset && offset < one.lastOffset,
      );
      const isAborted = model.get(offset)?.transaction?.state === "aborted";
      if (isHidden !== isAborted)
        this.#say("told wrongly of what was aborted", { offset, isHidden });
    }
  }

  #say(what: string, of: unknown): void {
    const text = JSON.stringify(of, (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    this.findings.push(`${what}: ${text}`);
  }
}

function shownOf({ key, value, timestamp, producerId, isControl }: SeenRecord): string {
  const text = value === null ? null : new TextDecoder().decode(value);
  const told = isControl ? [] : [key?.join() ?? null, text, timestamp];
  return JSON.stringify([String(producerId), isControl, ...told]);
}

function wantedOf({ producerId, isMarker, key, value, timestamp }: Entry): string {
  const told = isMarker ? [] : [key, value, timestamp];
  return JSON.stringify([String(producerId), isMarker, ...told]);
}
