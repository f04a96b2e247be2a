/**
 * A row: one sample of every series, as it was taken. The rows of the open block are its journal.
 *
 *   uint32 checksum of the rest · uint32 sequence · uint32 slot · uint32 count of cells
 *   cells: uint32 tag of the series, 0 for none · float32 value
 */
import { crc32c } from "@runnel/kit/crc32c.ts";
import { viewOf } from "./block.ts";
import { ROW_CELL_BYTES, ROW_HEAD_BYTES } from "./layout.ts";

const CHECKSUM_BYTES = 4;

/** Values by column; NaN for none. */
export interface Row {
  /** The number of the fine slot. */
  readonly slot: number;
  readonly tags: Uint32Array;
  readonly values: Float32Array;
}

export interface StoredRow extends Row {
  /** Grows with every row that is written. */
  readonly sequence: number;
}

/** The row's bytes, written into `target`, which has room for every column. */
export function encodeRow(
  { slot, tags, values }: Row,
  sequence: number,
  target: Uint8Array,
): Uint8Array {
  let count = values.length;
  while (count > 0 && Number.isNaN(values[count - 1])) count -= 1;
  const bytes = target.subarray(0, ROW_HEAD_BYTES + count * ROW_CELL_BYTES);
  const view = viewOf(bytes);
  view.setUint32(4, sequence, true);
  view.setUint32(8, slot, true);
  view.setUint32(12, count, true);
  for (let column = 0, at = ROW_HEAD_BYTES; column < count; column += 1, at += ROW_CELL_BYTES) {
    view.setUint32(at, tags[column] as number, true);
    view.setFloat32(at + 4, values[column] as number, true);
  }
  view.setUint32(0, crc32c(bytes.subarray(CHECKSUM_BYTES)), true);
  return bytes;
}

/** The row at the start of `bytes`; null where there is no whole one of at most `columns` cells. */
export function decodeRow(bytes: Uint8Array, columns: number): StoredRow | null {
  if (bytes.length < ROW_HEAD_BYTES) return null;
  const view = viewOf(bytes);
  const count = view.getUint32(12, true);
  const end = ROW_HEAD_BYTES + count * ROW_CELL_BYTES;
  if (count > columns || end > bytes.length) return null;
  if (view.getUint32(0, true) !== crc32c(bytes.subarray(CHECKSUM_BYTES, end))) return null;
  const tags = new Uint32Array(count);
  const values = new Float32Array(count);
  for (let column = 0, at = ROW_HEAD_BYTES; column < count; column += 1, at += ROW_CELL_BYTES) {
    tags[column] = view.getUint32(at, true);
    values[column] = view.getFloat32(at + 4, true);
  }
  return { sequence: view.getUint32(4, true), slot: view.getUint32(8, true), tags, values };
}
