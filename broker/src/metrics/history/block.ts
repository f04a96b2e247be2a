/**
 * A block in memory, which is its bytes in the file.
 *
 *   block   uint32 checksum of the rest of the head · uint32 number · uint32 count of runs
 *           · uint32 sequence of its newest row · unused
 *   run     uint32 checksum of the rest of the run · uint32 tag of the series, 0 for none · cells
 *
 * The checksum of a run begins with the numbers of block and column, so a run that was left by an
 * earlier round of the ring, or belongs elsewhere, does not pass.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { BLOCK_HEAD_BYTES, blockSize, type RingLayout, RUN_HEAD_BYTES } from "./layout.ts";

const CHECKSUM_BYTES = 4;
const NUMBER_AT = 4;
const COUNT_AT = 8;
const SEQUENCE_AT = 12;
const CAPACITY_MIN = 64;
/** Steps between smallest and largest value at which a mean can stand. */
const MEAN_STEPS = 0xffff;

/** One cell, read: a fine cell has the same value thrice. */
export interface Summary {
  min: number;
  mean: number;
  max: number;
}

/** What stands at the head of a block. */
export interface BlockHead {
  readonly number: number;
  readonly count: number;
  readonly sequence: number;
}

/** Where the run of one series begins. */
export interface Run {
  readonly view: DataView;
  readonly at: number;
}

export class Block {
  readonly layout: RingLayout;
  readonly number: number;
  /** Of the newest row in it. */
  sequence = 0;
  #bytes: Uint8Array;
  #view: DataView;
  #count = 0;

  constructor(layout: RingLayout, number: number) {
    this.layout = layout;
    this.number = number;
    this.#bytes = new Uint8Array(blockSize(layout, Math.min(CAPACITY_MIN, layout.columns)));
    this.#view = viewOf(this.#bytes);
  }

  /** A block from its bytes, `runs` as far as they are whole: others are left out. */
  static decode(
    layout: RingLayout,
    head: BlockHead,
    bytes: Uint8Array,
  ): { readonly block: Block; readonly damagedCount: number } {
    const { number, count } = head;
    const block = new Block(layout, number);
    block.sequence = head.sequence;
    const view = viewOf(bytes);
    let damagedCount = 0;
    for (let column = count - 1; column >= 0; column -= 1) {
      const at = blockSize(layout, column);
      const tag = checkRun(layout, { view, at }, { number, column });
      if (tag === null) damagedCount += 1;
      else if (tag !== 0) block.#put(column, bytes.subarray(at, at + layout.runBytes));
    }
    return { block, damagedCount };
  }

  /** Columns from 0 on that may hold something. */
  get count(): number {
    return this.#count;
  }

  /** The tag of the series in a column; 0 for none. */
  tagAt(column: number): number {
    return column < this.#count ? this.#view.getUint32(this.#at(column) + CHECKSUM_BYTES, true) : 0;
  }

  /** Sets the value of a fine cell; a column that another series had is emptied first. */
  setValue(column: number, tag: number, slot: number, value: number): void {
    this.#claim(column, tag);
    this.#view.setFloat32(this.#cell(column, slot), value, true);
  }

  /** Sets a coarse cell. The mean is kept to 1/65,535 of the span, the others as float32. */
  setSummary(column: number, tag: number, slot: number, { min, mean, max }: Summary): void {
    this.#claim(column, tag);
    const at = this.#cell(column, slot);
    this.#view.setFloat32(at, min, true);
    this.#view.setFloat32(at + 4, max, true);
    const place = max > min ? Math.round(((mean - min) / (max - min)) * MEAN_STEPS) : 0;
    this.#view.setUint16(at + 8, Math.min(Math.max(place, 0), MEAN_STEPS), true);
  }

  /** Empties one slot of every series, before it is filled anew. */
  clearSlot(slot: number): void {
    for (let column = 0; column < this.#count; column += 1) {
      this.#view.setFloat32(this.#cell(column, slot), Number.NaN, true);
    }
  }

  /** The run of one series, for `readCell`; null where the column holds another one's. */
  run(column: number, tag: number): Run | null {
    return this.tagAt(column) === tag ? { view: this.#view, at: this.#at(column) } : null;
  }

  /** The bytes for the file, with all checksums made. */
  encode(): Uint8Array {
    const { layout, number } = this;
    this.#view.setUint32(NUMBER_AT, number, true);
    this.#view.setUint32(COUNT_AT, this.#count, true);
    this.#view.setUint32(SEQUENCE_AT, this.sequence, true);
    const head = this.#bytes.subarray(CHECKSUM_BYTES, BLOCK_HEAD_BYTES);
    this.#view.setUint32(0, crc32c(head), true);
    for (let column = 0; column < this.#count; column += 1) {
      const at = this.#at(column);
      const content = this.#bytes.subarray(at + CHECKSUM_BYTES, at + layout.runBytes);
      this.#view.setUint32(at, crc32c(content, seedOf(number, column)), true);
    }
    return this.#bytes.subarray(0, blockSize(layout, this.#count));
  }

  #claim(column: number, tag: number): void {
    if (column >= this.#count) this.#grow(column + 1);
    const at = this.#at(column);
    if (this.#view.getUint32(at + CHECKSUM_BYTES, true) === tag) return;
    this.#view.setUint32(at + CHECKSUM_BYTES, tag, true);
    for (let slot = 0; slot < this.layout.slotsPerBlock; slot += 1) {
      this.#view.setFloat32(this.#cell(column, slot), Number.NaN, true);
    }
  }

  #put(column: number, run: Uint8Array): void {
    if (column >= this.#count) this.#grow(column + 1);
    this.#bytes.set(run, this.#at(column));
  }

  #grow(count: number): void {
    const needed = blockSize(this.layout, count);
    if (needed > this.#bytes.length) {
      const most = blockSize(this.layout, this.layout.columns);
      const grown = new Uint8Array(Math.min(Math.max(needed, 2 * this.#bytes.length), most));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = viewOf(grown);
    }
    this.#count = count;
  }

  #at(column: number): number {
    return blockSize(this.layout, column);
  }

  #cell(column: number, slot: number): number {
    return this.#at(column) + RUN_HEAD_BYTES + slot * this.layout.cellBytes;
  }
}

/** The head of a block; null where it is none of this ring. */
export function readBlockHead(layout: RingLayout, head: Uint8Array): BlockHead | null {
  const view = viewOf(head);
  if (view.getUint32(0, true) !== crc32c(head.subarray(CHECKSUM_BYTES))) return null;
  const number = view.getUint32(NUMBER_AT, true);
  const count = view.getUint32(COUNT_AT, true);
  const sequence = view.getUint32(SEQUENCE_AT, true);
  return count <= layout.columns ? { number, count, sequence } : null;
}

/** The tag of the series that a run belongs to, 0 for none; null where the run is damaged. */
export function checkRun(
  layout: RingLayout,
  { view, at }: Run,
  { number, column }: { readonly number: number; readonly column: number },
): number | null {
  const end = at + layout.runBytes;
  if (end > view.byteLength) return null;
  const start = view.byteOffset + at + CHECKSUM_BYTES;
  const content = new Uint8Array(view.buffer, start, end - at - CHECKSUM_BYTES);
  if (view.getUint32(at, true) !== crc32c(content, seedOf(number, column))) return null;
  return view.getUint32(at + CHECKSUM_BYTES, true);
}

/** Reads one cell of a run into `into`; false where it holds nothing. */
export function readCell(layout: RingLayout, run: Run, slot: number, into: Summary): boolean {
  const { view } = run;
  const at = run.at + RUN_HEAD_BYTES + slot * layout.cellBytes;
  const min = view.getFloat32(at, true);
  if (Number.isNaN(min)) return false;
  into.min = min;
  if (layout.kind === "fine") {
    into.mean = min;
    into.max = min;
    return true;
  }
  into.max = view.getFloat32(at + 4, true);
  into.mean = min + (into.max - min) * (view.getUint16(at + 8, true) / MEAN_STEPS);
  return true;
}

/** Sums all cells of a run up into `into`; false where there are none. */
export function summarizeRun(layout: RingLayout, run: Run, into: Summary): boolean {
  const cell: Summary = { min: 0, mean: 0, max: 0 };
  let [count, sum] = [0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let slot = 0; slot < layout.slotsPerBlock; slot += 1) {
    if (!readCell(layout, run, slot, cell)) continue;
    count += 1;
    sum += cell.mean;
    min = Math.min(min, cell.min);
    max = Math.max(max, cell.max);
  }
  if (count === 0) return false;
  into.min = min;
  into.mean = sum / count;
  into.max = max;
  return true;
}

/** Sums a block of fine cells up into its slot of the coarse block above it, for every series. */
export function summarizeBlock(fine: Block, coarse: Block): void {
  coarse.sequence = Math.max(coarse.sequence, fine.sequence);
  const slot = fine.number % coarse.layout.slotsPerBlock;
  const summary: Summary = { min: 0, mean: 0, max: 0 };
  coarse.clearSlot(slot);
  for (let column = 0; column < fine.count; column += 1) {
    const tag = fine.tagAt(column);
    const run = tag === 0 ? null : fine.run(column, tag);
    if (run !== null && summarizeRun(fine.layout, run, summary)) {
      coarse.setSummary(column, tag, slot, summary);
    }
  }
}

/** Differs for every column, and for every block that ever had the same place. */
function seedOf(number: number, column: number): number {
  return (Math.imul(number, 0x1000) + column) >>> 0;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
