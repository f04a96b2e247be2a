/**
 * LZ4 frames (codec 3).
 *
 *   magic 0x184d2204 LE · FLG · BD · [content size uint64 LE] · header checksum ·
 *   (block size uint32 LE, bit 31: stored · data · [block checksum])* · 0 · [content checksum]
 *
 * FLG: bits 6-7 version 1, 5 blocks are independent, 4 block checksums, 3 content size, 2 content
 * checksum, 0 dictionary. BD: bits 4-6 largest block, 4 to 7 for 64 KiB, 256 KiB, 1 MiB, 4 MiB.
 * Checksums are xxHash-32. Source: LZ4 frame format description, 1.6.4.
 *
 * Decoded here and not by `lz4-napi`, whose frame decoder has no bound on its output.
 */
import { DecodeError } from "@runnel/kit/errors.ts";
import { compressSync } from "lz4-napi";
import { decodeLz4Block } from "./lz4-block.ts";
import { OutputBuffer } from "./output-buffer.ts";
import { xxh32 } from "./xxh32.ts";

const FRAME_MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
const STORED_BIT = 0x8000_0000;
/**
 * What Java writes: version 1, independent blocks of at most 64 KiB, no checksum but the header's.
 */
const FRAME_HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82);
const WRITE_BLOCK_SIZE = 64 * 1024;
/** `lz4-napi` puts the decoded length in front of a block; a frame has no place for it. */
const NAPI_PREFIX = 4;

interface FrameHeader {
  readonly areBlocksIndependent: boolean;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
  readonly contentSize: number | null;
  readonly blockSizeMax: number;
}

/** A frame as Java's producer writes it, which every client reads. */
export function compressLz4(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [FRAME_HEADER];
  for (let at = 0; at < bytes.length; at += WRITE_BLOCK_SIZE) {
    const plain = bytes.subarray(at, at + WRITE_BLOCK_SIZE);
    const packed = compressSync(plain as Buffer).subarray(NAPI_PREFIX);
    if (packed.length < plain.length) parts.push(littleEndian(packed.length), packed);
    else parts.push(littleEndian(plain.length | STORED_BIT), plain);
  }
  parts.push(littleEndian(0));
  return Buffer.concat(parts);
}

/**
 * All frames of `bytes`, at most `limit` bytes. Throws `DecodeError` for anything but whole frames.
 */
export function decompressLz4(bytes: Uint8Array, limit: number): Uint8Array {
  const output = new OutputBuffer(limit, 4 * bytes.length);
  let at = 0;
  do {
    const magic = uint32At(bytes, at);
    if (magic === FRAME_MAGIC) at = decodeFrame(bytes, at + 4, output);
    else if ((magic & ~0xf) === SKIPPABLE_MAGIC) at = skip(bytes, at + 8, uint32At(bytes, at + 4));
    else throw new DecodeError(`lz4: no frame at ${at}, but 0x${magic.toString(16)}`);
  } while (at < bytes.length);
  return output.finish();
}

/** Decodes the frame whose magic ends at `at`; returns where the frame ends. */
function decodeFrame(bytes: Uint8Array, at: number, output: OutputBuffer): number {
  const contentStart = output.length;
  const header = readFrameHeader(bytes, at);
  let next = at + 3 + (header.contentSize === null ? 0 : 8);
  for (;;) {
    const word = uint32At(bytes, next);
    next += 4;
    if (word === 0) break;
    next = decodeBlock(bytes, { at: next, word, header, contentStart }, output);
  }
  const contentSize = output.length - contentStart;
  if (header.contentSize !== null && header.contentSize !== contentSize) {
    throw new DecodeError(`lz4: ${contentSize} bytes, the frame says ${header.contentSize}`);
  }
  if (!header.hasContentChecksum) return next;
  checkHash(uint32At(bytes, next), xxh32(output.bytes, contentStart, output.length), "content");
  return next + 4;
}

function decodeBlock(
  bytes: Uint8Array,
  block: { at: number; word: number; header: FrameHeader; contentStart: number },
  output: OutputBuffer,
): number {
  const { at, word, header, contentStart } = block;
  const size = word & ~STORED_BIT;
  const end = skip(bytes, at, size);
  if (size > header.blockSizeMax) {
    throw new DecodeError(`lz4: block of ${size} bytes, at most ${header.blockSizeMax} may be`);
  }
  if (header.hasBlockChecksums) checkHash(uint32At(bytes, end), xxh32(bytes, at, end), "block");
  if (word >= STORED_BIT) output.append(bytes.subarray(at, end));
  else {
    const historyStart = header.areBlocksIndependent ? output.length : contentStart;
    const { blockSizeMax } = header;
    decodeLz4Block(bytes, { start: at, end, historyStart, blockSizeMax }, output);
  }
  return end + (header.hasBlockChecksums ? 4 : 0);
}

function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader {
  const flags = byteAt(bytes, at);
  const sizes = byteAt(bytes, at + 1);
  const sizeCode = sizes >>> 4;
  if (flags >>> 6 !== 1) throw new DecodeError(`lz4: frame version ${flags >>> 6}`);
  if ((flags & 0x02) !== 0 || (sizes & 0x0f) !== 0) throw new DecodeError("lz4: reserved bits set");
  if ((flags & 0x01) !== 0) throw new DecodeError("lz4: frame needs a dictionary");
  if (sizeCode < 4 || sizeCode > 7) throw new DecodeError(`lz4: block size code ${sizeCode}`);
  const hasContentSize = (flags & 0x08) !== 0;
  const end = at + 2 + (hasContentSize ? 8 : 0);
  checkHash(byteAt(bytes, end), (xxh32(bytes, at, end) >>> 8) & 0xff, "header");
  return {
    areBlocksIndependent: (flags & 0x20) !== 0,
    hasBlockChecksums: (flags & 0x10) !== 0,
    hasContentChecksum: (flags & 0x04) !== 0,
    contentSize: hasContentSize
      ? uint32At(bytes, at + 2) + uint32At(bytes, at + 6) * 2 ** 32
      : null,
    blockSizeMax: 2 ** (8 + 2 * sizeCode),
  };
}

function checkHash(declared: number, actual: number, part: string): void {
  if (declared === actual) return;
  throw new DecodeError(
    `lz4: ${part} checksum 0x${declared.toString(16)}, should be 0x${actual.toString(16)}`,
  );
}

function skip(bytes: Uint8Array, at: number, size: number): number {
  if (size > bytes.length - at) {
    throw new DecodeError(`lz4: ${size} bytes wanted at ${at}, ${bytes.length} are there in all`);
  }
  return at + size;
}

function byteAt(bytes: Uint8Array, at: number): number {
  skip(bytes, at, 1);
  return bytes[at] as number;
}

function uint32At(bytes: Uint8Array, at: number): number {
  skip(bytes, at, 4);
  const high = (bytes[at + 3] as number) << 24;
  const middle = ((bytes[at + 2] as number) << 16) | ((bytes[at + 1] as number) << 8);
  return (high | middle | (bytes[at] as number)) >>> 0;
}

function littleEndian(value: number): Uint8Array {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}
