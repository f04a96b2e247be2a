/** A record that was read, for people and for programs. */
import { Buffer } from "node:buffer";
import { formatTime } from "../cli/format.ts";
import { encodeBytes, showBytes } from "../cli/text.ts";

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Ms since 1970; −1 for none. */
  readonly timestamp: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[];
}

export type RecordFormat = (record: ReadRecord) => string | Uint8Array;

/** One line of JSON, which `produce --json` takes back; the form of the admin API's files of records. */
export function toJsonLine(record: ReadRecord): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  const line = JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    timestamp: timestamp < 0n ? null : Number(timestamp),
    key: encodeBytes(key),
    value: encodeBytes(value),
    headers: headers.map(([name, content]) => {
      return { name: name?.toString("utf8") ?? "", value: encodeBytes(content) };
    }),
  });
  return `${line}\n`;
}

/** One line for a terminal, on which nothing from the record acts. */
export function toTerminalLine(record: ReadRecord): string {
  const { partition, offset, timestamp, key, value, headers } = record;
  const place = `${partition}:${offset}`;
  const shown = headers.map(([name, content]) => `${showBytes(name)}=${showBytes(content)}`);
  const tail = shown.length === 0 ? "" : `  {${shown.join(", ")}}`;
  const keyText = key === null ? "-" : showBytes(key);
  return `${formatTime(Number(timestamp))}  ${place}  ${keyText}  ${showBytes(value)}${tail}\n`;
}

const LINE_FEED = Buffer.from("\n");

/** The value as it is and a line feed; the line feed alone for null. */
export function toRawLine({ value }: ReadRecord): Uint8Array {
  return value === null ? LINE_FEED : Buffer.concat([value, LINE_FEED]);
}
