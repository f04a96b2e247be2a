/**
 * Compresses and decompresses the records of a batch: gzip, snappy, lz4, zstd.
 *
 * Synchronous, without state, to be called from a worker where the bytes are many or not trusted.
 * Whatever comes in, decompression ends with the content or `DecodeError`, and holds no more than
 * about twice the allowed output in memory.
 */
import {
  constants,
  gunzipSync,
  gzipSync,
  type ZlibOptions,
  type ZstdOptions,
  zstdCompressSync,
  zstdDecompressSync,
} from "node:zlib";
import { unreachable } from "@runnel/kit/assert.ts";
import { DecodeError, messageOf } from "@runnel/kit/errors.ts";
import type { CodecName } from "../records/batch.ts";
import { expansionMax } from "./limits.ts";
import { compressLz4, decompressLz4 } from "./lz4.ts";
import { outputTooLarge } from "./output-buffer.ts";
import { compressSnappy, decompressSnappy } from "./snappy.ts";
import { findZstdFrames, ZSTD_WINDOW_LOG_MAX } from "./zstd-frames.ts";

export interface DecompressOptions {
  /** Bytes; the ratio of `limits.ts` counts besides. */
  readonly maxOutputLength: number;
}

/** Pieces in which zlib hands out what it made. */
const CHUNK_SIZE = 64 * 1024;

/**
 * `bytes` in the form that a record batch holds. `level` is gzip's (1 … 9) or zstd's (−131072 …
 * 22); snappy and lz4 have none. "none" gives `bytes` themselves.
 */
export function compress(codec: CodecName, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case "none":
      return bytes;
    case "gzip":
      return plain(gzipSync(bytes, level === undefined ? {} : { level }));
    case "snappy":
      return plain(compressSnappy(bytes));
    case "lz4":
      return plain(compressLz4(bytes));
    case "zstd":
      return plain(zstdCompressSync(bytes, zstdOptions(bytes, level)));
    default:
      return unreachable(codec);
  }
}

/**
 * The content of `bytes`, all of which must be whole streams of the codec. Throws `DecodeError` for
 * anything else, and where the content is larger than allowed. "none" gives `bytes` themselves.
 * Only gzip may be padded: zlib ignores what follows a zero byte behind a stream.
 */
export function decompress(
  codec: CodecName,
  bytes: Uint8Array,
  { maxOutputLength }: DecompressOptions,
): Uint8Array {
  const limit = Math.min(maxOutputLength, expansionMax(bytes.length));
  switch (codec) {
    case "none":
      if (bytes.length > maxOutputLength) throw outputTooLarge(maxOutputLength);
      return bytes;
    case "gzip":
      return plain(decompressGzip(bytes, limit));
    case "snappy":
      return plain(decompressSnappy(bytes, limit));
    case "lz4":
      return decompressLz4(bytes, limit);
    case "zstd":
      return plain(decompressZstd(bytes, limit));
    default:
      return unreachable(codec);
  }
}

/** The same bytes, not as a `Buffer`, whose `slice` would be another. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function zstdOptions(bytes: Uint8Array, level?: number): ZstdOptions {
  // The known size lets zstd choose a window no larger than the content.
  const options: ZstdOptions = { pledgedSrcSize: bytes.length };
  if (level !== undefined) options.params = { [constants.ZSTD_c_compressionLevel]: level };
  return options;
}

function decompressGzip(bytes: Uint8Array, limit: number): Uint8Array {
  return bounded("gzip", limit, (options) => gunzipSync(bytes, options));
}

function decompressZstd(bytes: Uint8Array, limit: number): Uint8Array {
  const frames = findZstdFrames(bytes);
  const parts: Uint8Array[] = [];
  let left = limit;
  for (const { start, end, contentSize, contentSizeMax } of frames) {
    if (contentSize !== null && contentSize > contentSizeMax) {
      throw new DecodeError(`zstd: frame says ${contentSize} bytes, at most ${contentSizeMax} fit`);
    }
    if (contentSize !== null && contentSize > left) throw outputTooLarge(limit);
    const frame = bytes.subarray(start, end);
    const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
    const part = bounded("zstd", left, (options) => {
      return zstdDecompressSync(frame, { ...options, params });
    });
    if (contentSize !== null && part.length !== contentSize) {
      throw new DecodeError(`zstd: ${part.length} bytes, the frame says ${contentSize}`);
    }
    left -= part.length;
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** Runs zlib with a bound on its output and gives its errors one type. */
function bounded(
  codec: CodecName,
  limit: number,
  run: (options: ZlibOptions & ZstdOptions) => Uint8Array,
): Uint8Array {
  try {
    // zlib takes no bound of 0; what it made is checked below.
    return atMost(limit, run({ chunkSize: CHUNK_SIZE, maxOutputLength: Math.max(limit, 1) }));
  } catch (cause) {
    if (cause instanceof DecodeError) throw cause;
    if ((cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw outputTooLarge(limit);
    throw new DecodeError(`${codec}: ${messageOf(cause)}`, { cause });
  }
}

function atMost(limit: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length > limit) throw outputTooLarge(limit);
  return bytes;
}
