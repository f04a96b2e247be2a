/**
 * The file of the metrics history: takes samples, keeps them in two rings, gives ranges of them back.
 *
 * A sample is written as a row at once, and enters the open block in memory. When the first sample of
 * another block comes, the open one is written to the fine ring, summed up into the coarse ring, and
 * synced. A crash at any write loses at most what that write was about: the rows bring the open block
 * back, the fine ring the open block of summaries, and damage is told by checksums and left out.
 *
 * Calls of `define`, `append` and `close` come one after the other; reads may come at any time.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Disk, DiskFile } from "#io/ports.ts";
import { type Block, readCell, type Summary, summarizeBlock, summarizeRun } from "./block.ts";
import { decodeEntry, encodeEntry, encodeHead, judgeHead } from "./head.ts";
import {
  blockOf,
  type CellKind,
  ENTRY_BYTES,
  HEAD_BYTES,
  type HistoryLayout,
  type HistoryShape,
  layoutOf,
  NUMBER_MAX,
} from "./layout.ts";
import { type Place, Ring, type RingProblems } from "./ring.ts";
import { decodeRow, encodeRow, type Row, type StoredRow } from "./row.ts";

/** Opening or making the file met one of a later version, which is left as it is. */
export class NewerFormatError extends Error {
  override name = "NewerFormatError";
}

export interface HistoryRange {
  readonly kind: CellKind;
  /** Numbers of slots of that ring; `endSlot` is not in it. */
  readonly startSlot: number;
  readonly endSlot: number;
}

/** Called with each value of a range; `series` is the place in the list asked for. */
export type CellVisitor = (series: number, slot: number, summary: Readonly<Summary>) => void;

export class HistoryFile {
  readonly layout: HistoryLayout;
  readonly #file: DiskFile;
  readonly #problems: RingProblems;
  readonly #fine: Ring;
  readonly #coarse: Ring;
  /** One row at a time is on its way to the disk. */
  readonly #rowBuffer: Uint8Array;
  #keys: (string | null)[] = [];
  #sequence = 0;

  private constructor(layout: HistoryLayout, file: DiskFile, problems: RingProblems) {
    this.layout = layout;
    this.#file = file;
    this.#problems = problems;
    this.#fine = new Ring(layout.fine, file, problems);
    this.#coarse = new Ring(layout.coarse, file, problems);
    this.#rowBuffer = new Uint8Array(layout.rowBytes);
  }

  /**
   * Opens the file, or makes it: also where one of another shape is in its place. One whose head is
   * damaged is kept beside it as `….damaged`, in place of an earlier one. Rejects with `NewerFormatError`, and with `IoError` where the disk says no.
   */
  static async open(
    disk: Disk,
    path: { readonly folder: string; readonly name: string },
    shape: HistoryShape,
    problems: RingProblems,
  ): Promise<HistoryFile> {
    const layout = layoutOf(shape);
    const where = `${path.folder}/${path.name}`;
    let file = await disk.open(where, { create: true });
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const length = await file.read(head, 0);
      const judgement = judgeHead(head.subarray(0, length), shape);
      if (judgement === "newer") {
        throw new NewerFormatError(`${file.path} was written by a later version of Runnel`);
      }
      if (judgement === "damaged") {
        await file.close();
        await disk.rename(where, `${where}.damaged`);
        problems.failed("reading the head", `it is damaged: the file is kept as ${where}.damaged`);
        file = await disk.open(where, { create: true });
      }
      const history = new HistoryFile(layout, file, problems);
      if (judgement !== "ours") {
        await makeEmpty(file, layout);
        await disk.syncDirectory(path.folder);
      } else await history.#load();
      return history;
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  /** Keys of the series by column; null for a free column. */
  get keys(): readonly (string | null)[] {
    return this.#keys;
  }

  /** The wall time at which the oldest block of all begins; null without any. */
  get since(): number | null {
    const { fine, coarse } = this.layout;
    const starts = [
      ...this.#coarse.stored.map((number) => number * coarse.slotsPerBlock * coarse.slotMs),
      ...this.#fine.stored.map((number) => number * fine.slotsPerBlock * fine.slotMs),
      ...(this.#fine.open === null ? [] : [this.#fine.open.number * coarse.slotMs]),
    ];
    return starts.length === 0 ? null : Math.min(...starts);
  }

  /** Gives columns to series, each in place of the one that had it; or to none, for null. */
  async define(
    series: readonly { readonly column: number; readonly key: string | null }[],
  ): Promise<void> {
    const sorted = series.toSorted((a, b) => a.column - b.column);
    for (let at = 0; at < sorted.length; ) {
      const start = (sorted[at] as { column: number }).column;
      let end = at;
      while (sorted[end]?.column === start + end - at) end += 1;
      const entries = sorted.slice(at, end).map(({ key }) => encodeEntry(key));
      await this.#file.write(entries, this.layout.directoryAt + start * ENTRY_BYTES);
      at = end;
    }
    for (const { column, key } of sorted) this.#keys[column] = key;
  }

  /** Whether a row of `slot` would begin another block than the open one: the time to move columns. */
  beginsBlock(slot: number): boolean {
    return this.#fine.open?.number !== blockOf(this.layout.fine, slot);
  }

  /** Takes one sample in. Rejects with `IoError` where its row could not be written. */
  async append(row: Row): Promise<void> {
    if (row.slot < 0 || row.slot > NUMBER_MAX) return;
    const { fine, rowsAt, rowBytes } = this.layout;
    const number = blockOf(fine, row.slot);
    if (this.beginsBlock(row.slot)) await this.#moveTo(number);
    const block = await this.#fine.openBlock(number);
    this.#sequence += 1;
    putRow(block, row, this.#sequence);
    const place = row.slot % fine.slotsPerBlock;
    const bytes = encodeRow(row, this.#sequence, this.#rowBuffer);
    await this.#file.write([bytes], rowsAt + place * rowBytes);
  }

  /** Visits the values of `places` in a range, block by block. Rejects with `IoError`. */
  async read(places: readonly Place[], range: HistoryRange, visit: CellVisitor): Promise<void> {
    const order = places.map((place, series) => ({ ...place, series }));
    order.sort((a, b) => a.column - b.column);
    const ring = range.kind === "fine" ? this.#fine : this.#coarse;
    const { slotsPerBlock } = ring.layout;
    const summary: Summary = { min: 0, mean: 0, max: 0 };
    const first = blockOf(ring.layout, range.startSlot);
    const last = blockOf(ring.layout, range.endSlot - 1);
    for (const number of ring.numbersWithin(first, last)) {
      const runs = await ring.readRuns(number, order);
      const start = Math.max(range.startSlot, number * slotsPerBlock);
      const end = Math.min(range.endSlot, (number + 1) * slotsPerBlock);
      for (const [index, run] of runs.entries()) {
        if (run === null) continue;
        const { series } = order[index] as (typeof order)[number];
        for (let slot = start; slot < end; slot += 1) {
          if (this.#isOpenSlot(range.kind, slot)) continue;
          if (readCell(ring.layout, run, slot % slotsPerBlock, summary)) {
            visit(series, slot, summary);
          }
        }
      }
    }
    if (range.kind === "coarse") this.#readOpenSlot(places, range, visit);
  }

  /** Brings what is in memory to the disk. Nothing may be called after. */
  async close(): Promise<void> {
    await this.#moveTo(null);
    await this.#coarse.closeBlock();
    await this.#sync();
    await this.#file.close();
  }

  /** Whether a coarse slot is the one that the open fine block will fill. */
  #isOpenSlot(kind: CellKind, slot: number): boolean {
    return kind === "coarse" && this.#fine.open?.number === slot;
  }

  #readOpenSlot(places: readonly Place[], range: HistoryRange, visit: CellVisitor): void {
    const block = this.#fine.open;
    if (block === null || block.number < range.startSlot || block.number >= range.endSlot) return;
    const summary: Summary = { min: 0, mean: 0, max: 0 };
    for (const [series, { column, tag }] of places.entries()) {
      const run = block.run(column, tag);
      if (run !== null && summarizeRun(block.layout, run, summary)) {
        visit(series, block.number, summary);
      }
    }
  }

  /** Closes the open block, if there is one, on the way to block `next`. */
  async #moveTo(next: number | null): Promise<void> {
    const block = this.#fine.open;
    if (block === null) return;
    const number = blockOf(this.layout.coarse, block.number);
    if (this.#coarse.open?.number !== number) await this.#coarse.closeBlock();
    summarizeBlock(block, await this.#coarse.openBlock(number));
    await this.#fine.closeBlock();
    // An open block of summaries is always the one of the newest samples: only that is made again.
    if (next === null || blockOf(this.layout.coarse, next) !== number) {
      await this.#coarse.closeBlock();
    }
    await this.#sync();
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      this.#problems.failed("syncing the file", messageOf(error));
    }
  }

  async #load(): Promise<void> {
    this.#keys = await this.#loadKeys();
    await this.#fine.load();
    await this.#coarse.load();
    const rows = await this.#loadRows();
    const newest = rows.at(-1);
    if (newest === undefined) return;
    this.#sequence = newest.sequence;
    const last = blockOf(this.layout.fine, newest.slot);
    // Rows of other blocks are in the ring already, unless a power cut undid that.
    const lost = rows
      .map((row) => ({ number: blockOf(this.layout.fine, row.slot), sequence: row.sequence }))
      .filter(({ number, sequence }) => sequence > this.#fine.sequenceAt(number));
    for (const number of new Set(lost.map((row) => row.number))) {
      if (number === last) continue;
      await this.#restore(number, rows);
      await this.#moveTo(last);
    }
    await this.#restore(last, rows);
    await this.#restoreSummaries(blockOf(this.layout.coarse, last));
  }

  async #loadKeys(): Promise<(string | null)[]> {
    const { shape, directoryAt } = this.layout;
    const bytes = new Uint8Array(shape.columns * ENTRY_BYTES);
    await this.#file.read(bytes, directoryAt);
    return Array.from({ length: shape.columns }, (_, column) =>
      decodeEntry(bytes.subarray(column * ENTRY_BYTES, (column + 1) * ENTRY_BYTES)),
    );
  }

  /** The rows that are whole, oldest first. */
  async #loadRows(): Promise<readonly StoredRow[]> {
    const { shape, rowsAt, rowBytes } = this.layout;
    const rows: StoredRow[] = [];
    for (let place = 0; place < shape.slotsPerBlock; place += 1) {
      const bytes = new Uint8Array(rowBytes);
      const length = await this.#file.read(bytes, rowsAt + place * rowBytes);
      const row = decodeRow(bytes.subarray(0, length), shape.columns);
      if (row !== null) rows.push(row);
    }
    return rows.sort((a, b) => a.sequence - b.sequence);
  }

  /** Opens block `number` with what the file and the rows have of it. */
  async #restore(number: number, rows: readonly StoredRow[]): Promise<void> {
    const block = await this.#fine.openBlock(number);
    for (const row of rows) {
      if (blockOf(this.layout.fine, row.slot) === number) putRow(block, row, row.sequence);
    }
  }

  /** Makes the open block of summaries again, from the closed blocks that it covers. */
  async #restoreSummaries(number: number): Promise<void> {
    const { slotsPerBlock } = this.layout.shape;
    const coarse = await this.#coarse.openBlock(number);
    for (const fine of this.#fine.stored) {
      if (Math.floor(fine / slotsPerBlock) !== number || fine === this.#fine.open?.number) continue;
      const block = await this.#fine.read(fine);
      if (block !== null) summarizeBlock(block, coarse);
    }
  }
}

/** Puts a row in place of what its slot held. */
function putRow(block: Block, { slot, tags, values }: Row, sequence: number): void {
  const at = slot % block.layout.slotsPerBlock;
  block.sequence = Math.max(block.sequence, sequence);
  block.clearSlot(at);
  for (let column = 0; column < values.length; column += 1) {
    const tag = tags[column] as number;
    const value = values[column] as number;
    if (tag !== 0 && !Number.isNaN(value)) block.setValue(column, tag, at, value);
  }
}

/** Lays the file out anew, at its full size: what is not written yet takes no room on most systems. */
async function makeEmpty(file: DiskFile, layout: HistoryLayout): Promise<void> {
  await file.truncate(0);
  await file.truncate(layout.totalBytes);
  await file.write([encodeHead(layout.shape)], 0);
  await file.sync();
}
