/**
 * Where everything lies in the file of the metrics history. All numbers are little-endian.
 *
 *   head       HEAD_BYTES            format, version, shape
 *   directory  columns × ENTRY       which series has which column
 *   rows       slotsPerBlock × row   the newest samples, as they came: the journal of the open block
 *   fine       blocks × block        closed blocks of samples, a ring
 *   coarse     blocks × block        closed blocks of summaries, a ring
 *
 * A *slot* is a span of wall time, numbered from 1970 on. A *block* is `slotsPerBlock` slots of every
 * series, series by series, so that one series is read without the others. A block of the fine ring
 * makes one slot of the coarse ring: its smallest, mean and largest value.
 */

/** The shape of a history: what the size of its file follows from. */
export interface HistoryShape {
  /** Series that have values of their own. */
  readonly columns: number;
  /** Length of a fine slot. */
  readonly slotMs: number;
  readonly slotsPerBlock: number;
  /** Closed blocks in each ring; one more is open in memory. */
  readonly blocks: number;
}

/** 2,000 series; 24 hours at 10 seconds, 30 days at 5 minutes. */
export const HISTORY_SHAPE: HistoryShape = {
  columns: 2_000,
  slotMs: 10_000,
  slotsPerBlock: 30,
  blocks: 288,
};

export const HEAD_BYTES = 4_096;
export const ENTRY_BYTES = 512;
export const ROW_HEAD_BYTES = 16;
/** Tag and value of one series. */
export const ROW_CELL_BYTES = 8;
export const BLOCK_HEAD_BYTES = 32;
/** Checksum and tag of one series in a block. */
export const RUN_HEAD_BYTES = 8;

/** What the cells of a ring hold. */
export type CellKind = "fine" | "coarse";

/** float32 value · float32 smallest, float32 largest, uint16 place of the mean between them. */
const CELL_BYTES: Readonly<Record<CellKind, number>> = { fine: 4, coarse: 10 };

/** One ring of the file. */
export interface RingLayout {
  readonly kind: CellKind;
  readonly slotMs: number;
  readonly slotsPerBlock: number;
  readonly blocks: number;
  readonly columns: number;
  readonly cellBytes: number;
  readonly runBytes: number;
  readonly blockBytes: number;
  /** Where the ring begins in the file. */
  readonly start: number;
}

export interface HistoryLayout {
  readonly shape: HistoryShape;
  readonly directoryAt: number;
  readonly rowsAt: number;
  readonly rowBytes: number;
  readonly fine: RingLayout;
  readonly coarse: RingLayout;
  /** The size of the file, from its first day on. */
  readonly totalBytes: number;
}

export function layoutOf(shape: HistoryShape): HistoryLayout {
  const directoryAt = HEAD_BYTES;
  const rowsAt = directoryAt + shape.columns * ENTRY_BYTES;
  const rowBytes = ROW_HEAD_BYTES + shape.columns * ROW_CELL_BYTES;
  const fine = ringOf("fine", shape, shape.slotMs, rowsAt + shape.slotsPerBlock * rowBytes);
  const coarseSlotMs = shape.slotMs * shape.slotsPerBlock;
  const coarse = ringOf("coarse", shape, coarseSlotMs, endOf(fine));
  return { shape, directoryAt, rowsAt, rowBytes, fine, coarse, totalBytes: endOf(coarse) };
}

function ringOf(
  kind: CellKind,
  { columns, slotsPerBlock, blocks }: HistoryShape,
  slotMs: number,
  start: number,
): RingLayout {
  const cellBytes = CELL_BYTES[kind];
  const runBytes = RUN_HEAD_BYTES + slotsPerBlock * cellBytes;
  const blockBytes = BLOCK_HEAD_BYTES + columns * runBytes;
  return { kind, slotMs, slotsPerBlock, blocks, columns, cellBytes, runBytes, blockBytes, start };
}

function endOf(ring: RingLayout): number {
  return ring.start + ring.blocks * ring.blockBytes;
}

/** The number of the slot that holds a wall time. */
export function slotAt(ring: RingLayout, wallMs: number): number {
  return Math.floor(wallMs / ring.slotMs);
}

/** The number of the block that holds a slot. */
export function blockOf(ring: RingLayout, slot: number): number {
  return Math.floor(slot / ring.slotsPerBlock);
}

/** Where a block lies in the file; each block of `blocks` in turn has the place of the one before. */
export function positionOf(ring: RingLayout, block: number): number {
  return ring.start + (block % ring.blocks) * ring.blockBytes;
}

/** Bytes of a block's first `count` runs, its head included. */
export function blockSize(ring: RingLayout, count: number): number {
  return BLOCK_HEAD_BYTES + count * ring.runBytes;
}

/** The largest number of a slot or block: later times do not fit the file. */
export const NUMBER_MAX = 0xffff_ffff;
