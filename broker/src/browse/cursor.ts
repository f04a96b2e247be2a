/**
 * Where a scan goes on, as text for a URL.
 *
 *   version int8 · order int8 · query uint32 · count · (partition gap · position [· end])* · CRC-32C uint32
 *
 * as base64url; numbers are varints. Ends are there where the order says so (+2): they hold a range in its
 * place while its log grows. It says nothing that the query does not allow anyway: positions are
 * cut to what the query covers, so nobody gains by making one up. The query's digest is there to catch a
 * cursor that is used with another query, which would give neither its results nor an error.
 */
import { Buffer } from "node:buffer";
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import type { ScanOrder } from "./source/partition-reader.ts";

const VERSION = 1;
const CRC_SIZE = 4;
/** Characters of a cursor: what a URL has room for. */
const TEXT_LENGTH_MAX = 14_000;
const ORDERS: readonly ScanOrder[] = ["newest", "oldest"];

export interface Cursor {
  readonly order: ScanOrder;
  /** Digest of what was asked; see `digestOf`. */
  readonly query: number;
  /** By partition; see `PartitionScan.position`. */
  readonly positions: ReadonlyMap<number, number>;
  /** Where the range of the first scan ended, of the same partitions; null where that does not matter. */
  readonly ends: ReadonlyMap<number, number> | null;
}

/** A number for a query: equal texts, equal numbers. */
export function digestOf(text: string): number {
  return crc32c(new TextEncoder().encode(text));
}

/** The text of a cursor; null for one that no URL has room for. */
export function encodeCursor({ order, query, positions, ends }: Cursor): string | null {
  const writer = new ByteWriter();
  writer.int8(VERSION);
  writer.int8(ORDERS.indexOf(order) + (ends === null ? 0 : ORDERS.length));
  writer.int32(query | 0);
  writer.uvarint(positions.size);
  let previous = -1;
  for (const [partition, position] of [...positions].sort(([a], [b]) => a - b)) {
    writer.uvarint(partition - previous - 1);
    writer.varlong(position);
    if (ends !== null) writer.varlong(ends.get(partition) ?? position);
    previous = partition;
  }
  writer.int32(crc32c(writer.finish()) | 0);
  const text = Buffer.from(writer.finish()).toString("base64url");
  return text.length > TEXT_LENGTH_MAX ? null : text;
}

/** The cursor in a text; null where it is none. */
export function decodeCursor(text: string): Cursor | null {
  if (text.length > TEXT_LENGTH_MAX) return null;
  const bytes = Buffer.from(text, "base64url");
  if (bytes.toString("base64url") !== text) return null;
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}

function decode(bytes: Uint8Array): Cursor | null {
  const end = bytes.length - CRC_SIZE;
  if (end < 0 || new ByteReader(bytes, end).uint32() !== crc32c(bytes.subarray(0, end)))
    return null;
  const reader = new ByteReader(bytes, 0, end);
  if (reader.int8() !== VERSION) return null;
  const orderAndEnds = reader.int8();
  const order = ORDERS[orderAndEnds % ORDERS.length];
  const hasEnds = orderAndEnds >= ORDERS.length;
  if (orderAndEnds < 0 || orderAndEnds >= 2 * ORDERS.length) return null;
  const query = reader.uint32();
  const count = reader.uvarint();
  reader.reserve(count, 2);
  const positions = new Map<number, number>();
  const ends = new Map<number, number>();
  let partition = -1;
  for (let index = 0; index < count; index += 1) {
    partition += reader.uvarint() + 1;
    const position = reader.varlong();
    const end = hasEnds ? reader.varlong() : position;
    if (!isOffset(position) || !isOffset(end)) return null;
    positions.set(partition, position);
    ends.set(partition, end);
  }
  if (order === undefined || reader.remaining > 0) return null;
  return { order, query, positions, ends: hasEnds ? ends : null };
}

const isOffset = (value: number): boolean => value >= 0 && Number.isSafeInteger(value);
