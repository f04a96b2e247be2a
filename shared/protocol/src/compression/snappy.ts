/**
 * Snappy (codec 2), in the two forms that clients send: one raw block (librdkafka), or blocks in
 * the framing of the xerial library (Java):
 *
 *   82 "SNAPPY" 00 · version int32 · compatible version int32 · (size int32, raw block)*
 *
 * A raw block starts with the length of its content as a uvarint. Sources: snappy format
 * description; snappy-java, `SnappyOutputStream`.
 */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { setInt32 } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { compressSync, uncompressSync } from "snappy";
import { OutputBuffer, outputTooLarge } from "./output-buffer.ts";

const XERIAL_MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
/** The magic and two versions, both 1. */
const XERIAL_HEADER = Uint8Array.of(...XERIAL_MAGIC, 0, 0, 0, 1, 0, 0, 0, 1);
const XERIAL_VERSION = 1;
/** As snappy-java cuts its input. */
const WRITE_BLOCK_SIZE = 32 * 1024;
/** Blocks in one stream: each costs a call. This many of Java's hold 2 GiB. */
const BLOCKS_MAX = 65_536;
/** A byte of block gives at most this many of output: three bytes of copy are worth 64. */
const SNAPPY_RATIO_MAX = 22;

/** Blocks in xerial framing: what Java's producer writes, and so what every client reads. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += WRITE_BLOCK_SIZE) {
    const block = compressSync(bytes.subarray(at, at + WRITE_BLOCK_SIZE));
    const size = new Uint8Array(4);
    setInt32(size, 0, block.length);
    parts.push(size, block);
  }
  return Buffer.concat(parts);
}

/**
 * The content of `bytes` in either form, at most `limit` bytes. Every declared length is checked
 * before anything is allocated. Throws `DecodeError`.
 */
export function decompressSnappy(bytes: Uint8Array, limit: number): Uint8Array {
  if (!startsXerial(bytes, 0)) {
    contentLengthOf(bytes, limit);
    return decodeBlock(bytes);
  }
  return decodeXerial(bytes, limit);
}

function decodeXerial(bytes: Uint8Array, limit: number): Uint8Array {
  const reader = new ByteReader(bytes);
  const output = new OutputBuffer(limit, 4 * bytes.length);
  for (let count = 0; reader.remaining > 0; count += 1) {
    if (count === BLOCKS_MAX) throw new DecodeError(`snappy: over ${BLOCKS_MAX} blocks`);
    // snappy-java lets streams follow one another.
    if (startsXerial(bytes, reader.offset)) {
      reader.skip(XERIAL_MAGIC.length + 4);
      const compatibleVersion = reader.int32();
      if (compatibleVersion <= XERIAL_VERSION) continue;
      throw new DecodeError(`snappy: xerial framing of version ${compatibleVersion}`);
    }
    const size = reader.int32();
    if (size <= 0) throw new DecodeError(`snappy: block of ${size} bytes before ${reader.offset}`);
    const block = reader.slice(size);
    contentLengthOf(block, limit - output.length);
    output.append(decodeBlock(block));
  }
  return output.finish();
}

/**
 * The length that a raw block declares, checked against `limit` and what the block can hold at all.
 */
function contentLengthOf(block: Uint8Array, limit: number): number {
  const length = new ByteReader(block).uvarint();
  if (length > limit) throw outputTooLarge(limit);
  if (length > block.length * SNAPPY_RATIO_MAX) {
    throw new DecodeError(`snappy: block of ${block.length} bytes says it holds ${length}`);
  }
  return length;
}

/** Decodes a raw block whose declared length was checked. */
function decodeBlock(block: Uint8Array): Uint8Array {
  try {
    return uncompressSync(block, { asBuffer: true }) as Buffer;
  } catch (cause) {
    throw new DecodeError("snappy: malformed block", { cause });
  }
}

function startsXerial(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < XERIAL_MAGIC.length; i += 1) {
    if (bytes[at + i] !== XERIAL_MAGIC[i]) return false;
  }
  return true;
}
