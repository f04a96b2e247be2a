/** Lines in, records out. */
import { Buffer } from "node:buffer";
import { CommandError, UsageError } from "../cli/failure.ts";
import { decodeBytes } from "../cli/text.ts";

export interface InputRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [Buffer, Buffer | null])[];
  /** Null for the partitioner's choice. */
  readonly partition: number | null;
  /** Ms since 1970; null for now. */
  readonly timestamp: number | null;
}

/** A longer line is an error: it would have to be held in memory whole. */
export const LINE_BYTES_MAX = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * The lines within each chunk, without their line feeds, all other bytes as they are. A last line
 * without a line feed counts. Holds one chunk and one unfinished line.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax = LINE_BYTES_MAX,
): AsyncGenerator<readonly Buffer[]> {
  let started: Buffer[] = [];
  let startedBytes = 0;
  for await (const chunk of chunks) {
    const buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = buffer.indexOf(LINE_FEED); at >= 0; at = buffer.indexOf(LINE_FEED, from)) {
      const rest = buffer.subarray(from, at);
      lines.push(startedBytes === 0 ? rest : Buffer.concat([...started, rest]));
      started = [];
      startedBytes = 0;
      from = at + 1;
    }
    if (from < buffer.length) {
      started.push(buffer.subarray(from));
      startedBytes += buffer.length - from;
    }
    if (startedBytes > lineBytesMax) {
      throw new CommandError(`a line is longer than ${lineBytesMax} bytes: is this a binary file?`);
    }
    if (lines.length > 0) yield lines;
  }
  if (startedBytes > 0) yield [Buffer.concat(started)];
}

/** What the flags say of every record. */
export interface LineFormat {
  readonly isJson: boolean;
  readonly key: Buffer | null;
  readonly keySeparator: Buffer | null;
  readonly headers: readonly (readonly [Buffer, Buffer | null])[];
  readonly partition: number | null;
}

/** Throws `UsageError` for a line that does not follow the format. */
export function parseLine(line: Buffer, format: LineFormat): InputRecord {
  if (format.isJson) return parseJsonLine(line, format);
  const { headers, partition, keySeparator } = format;
  const base = { headers, partition, timestamp: null };
  if (keySeparator === null) return { ...base, key: format.key, value: line };
  const at = line.indexOf(keySeparator);
  if (at < 0) {
    throw new UsageError(`the line does not contain the separator "${keySeparator.toString()}"`);
  }
  return {
    ...base,
    key: line.subarray(0, at),
    value: line.subarray(at + keySeparator.length),
  };
}

function parseJsonLine(line: Buffer, format: LineFormat): InputRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString("utf8"));
  } catch {
    throw new UsageError("the line is not JSON");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new UsageError("the line is not a JSON object");
  }
  const fields = parsed as Readonly<Record<string, unknown>>;
  if (!("value" in fields)) throw new UsageError('the record has no "value" (it may be null)');
  return {
    key: decodeBytes(fields["key"], '"key"') ?? format.key,
    value: decodeBytes(fields["value"], '"value"'),
    headers: [...format.headers, ...parseHeaders(fields["headers"])],
    partition: format.partition ?? optionalNumber(fields["partition"], '"partition"'),
    timestamp: optionalNumber(fields["timestamp"], '"timestamp"'),
  };
}

function parseHeaders(value: unknown): (readonly [Buffer, Buffer | null])[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new UsageError('"headers" is not a list');
  return value.map((entry: unknown) => {
    const { name, value: content } = (entry ?? {}) as { name?: unknown; value?: unknown };
    if (typeof name !== "string") {
      throw new UsageError('an entry of "headers" has no "name" that is a string');
    }
    return [Buffer.from(name, "utf8"), decodeBytes(content, `header "${name}"`)] as const;
  });
}

function optionalNumber(value: unknown, field: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new UsageError(`${field} is not a whole number of 0 or more`);
}
