/**
 * Finds the frames of a zstd stream (codec 4) without decoding them.
 *
 *   magic 0xfd2fb528 LE · descriptor · [window descriptor] · [dictionary id] · [content size] ·
 *   (block header uint24 LE: bit 0 last, bits 1-2 type, the rest size; data)* · [checksum]
 *
 * The runtimes differ on what is not exactly one frame: Deno 2.9 decodes a cut frame without an
 * error and stops after the first of several. Given one whole frame each time, they agree. Source:
 * RFC 8878.
 */
import { DecodeError } from "@runnel/kit/errors.ts";

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const BLOCK_RAW = 0;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;
const BLOCK_SIZE_MAX = 128 * 1024;
/** Windows up to 2^27 bytes, as the zstd library and Java's consumer take them. */
export const ZSTD_WINDOW_LOG_MAX = 27;
/** Frames in one stream: each costs a decoder. Producers write one. */
const FRAMES_MAX = 1000;

export interface ZstdFrame {
  readonly start: number;
  readonly end: number;
  /** The size of the content, where the frame declares it. */
  readonly contentSize: number | null;
  /** The most that its blocks can hold. */
  readonly contentSizeMax: number;
}

/**
 * The frames of `bytes` in order, skippable ones left out. Throws `DecodeError` for anything else.
 */
export function findZstdFrames(bytes: Uint8Array): ZstdFrame[] {
  const frames: ZstdFrame[] = [];
  let at = 0;
  do {
    const magic = littleEndianAt(bytes, at, 4);
    if (magic === FRAME_MAGIC) {
      const frame = findFrame(bytes, at);
      frames.push(frame);
      if (frames.length > FRAMES_MAX) throw new DecodeError(`zstd: over ${FRAMES_MAX} frames`);
      at = frame.end;
    } else if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
      at = skip(bytes, at + 8, littleEndianAt(bytes, at + 4, 4));
    } else throw new DecodeError(`zstd: no frame at ${at}, but 0x${magic.toString(16)}`);
  } while (at < bytes.length);
  return frames;
}

function findFrame(bytes: Uint8Array, start: number): ZstdFrame {
  const descriptor = littleEndianAt(bytes, start + 4, 1);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x03) !== 0) throw new DecodeError("zstd: frame needs a dictionary");
  if ((descriptor & 0x08) !== 0) throw new DecodeError("zstd: reserved bit set");
  let at = start + 5;
  if (!isSingleSegment) {
    const windowLog = 10 + (littleEndianAt(bytes, at, 1) >>> 3);
    if (windowLog > ZSTD_WINDOW_LOG_MAX) throw new DecodeError(`zstd: window of 2^${windowLog}`);
    at += 1;
  }
  const { contentSize, size } = readContentSize(bytes, at, descriptor);
  at += size;

  let contentSizeMax = 0;
  let isLast = false;
  while (!isLast) {
    const header = littleEndianAt(bytes, at, 3);
    const type = (header >>> 1) & 3;
    const blockSize = header >>> 3;
    if (type === BLOCK_RESERVED) throw new DecodeError(`zstd: block of reserved type at ${at}`);
    if (blockSize > BLOCK_SIZE_MAX) throw new DecodeError(`zstd: block of ${blockSize} bytes`);
    contentSizeMax += type === BLOCK_RAW || type === BLOCK_RLE ? blockSize : BLOCK_SIZE_MAX;
    at = skip(bytes, at + 3, type === BLOCK_RLE ? 1 : blockSize);
    isLast = (header & 1) !== 0;
  }
  const hasChecksum = (descriptor & 0x04) !== 0;
  return { start, end: skip(bytes, at, hasChecksum ? 4 : 0), contentSize, contentSizeMax };
}

/** The content size field: 0, 1, 2, 4 or 8 bytes, by the descriptor. */
function readContentSize(
  bytes: Uint8Array,
  at: number,
  descriptor: number,
): { contentSize: number | null; size: number } {
  switch (descriptor >>> 6) {
    case 0: {
      if ((descriptor & 0x20) === 0) return { contentSize: null, size: 0 };
      return { contentSize: littleEndianAt(bytes, at, 1), size: 1 };
    }
    case 1:
      return { contentSize: littleEndianAt(bytes, at, 2) + 256, size: 2 };
    case 2:
      return { contentSize: littleEndianAt(bytes, at, 4), size: 4 };
    default: {
      const high = littleEndianAt(bytes, at + 4, 4);
      return { contentSize: littleEndianAt(bytes, at, 4) + high * 2 ** 32, size: 8 };
    }
  }
}

function littleEndianAt(bytes: Uint8Array, at: number, size: number): number {
  skip(bytes, at, size);
  let value = 0;
  for (let i = size - 1; i >= 0; i -= 1) value = value * 256 + (bytes[at + i] as number);
  return value;
}

function skip(bytes: Uint8Array, at: number, size: number): number {
  if (size > bytes.length - at) {
    throw new DecodeError(`zstd: ${size} bytes wanted at ${at}, ${bytes.length} are there in all`);
  }
  return at + size;
}
