/**
 * Cuts a stream of received chunks into frames: an int32 size, then that many bytes.
 *
 * A frame that lies within one chunk is a view of it. One that spans chunks is copied once, when it is
 * whole; until then only what was received is held, never room for what was announced. Small pieces
 * are gathered, so that a frame sent byte by byte costs no more than twice its bytes.
 */
import { int32At } from "@runnel/kit/byte-reader.ts";
import { DecodeError } from "@runnel/kit/errors.ts";

const SIZE_BYTES = 4;
/** Pieces below this are copied together while a frame is not whole. */
const SMALL_PIECE = 2048;
const BLOCK_MIN = 256;
const BLOCK_MAX = 16 * 1024;

export class FrameAssembler {
  /** The largest frame that is let in; may be raised at any time. */
  frameBytesMax: number;
  readonly #allocate: (length: number) => Uint8Array;
  /** Received, not looked at from `#at` on. */
  #chunk: Uint8Array | null = null;
  #at = 0;
  /** Chunks behind `#chunk`. */
  readonly #later: Uint8Array[] = [];
  #laterBytes = 0;
  /** Announced size of the frame under way; −1 while its four bytes are not all there. */
  #size = -1;
  #sizeSoFar = 0;
  #sizeBytes = 0;
  /** What there is of the frame under way, when it spans chunks. */
  #pieces: Uint8Array[] = [];
  #piecesBytes = 0;
  /** Gathers small pieces; full up to `#blockUsed`, and not in `#pieces` yet. */
  #block: Uint8Array | null = null;
  #blockUsed = 0;
  #isFirst = true;

  /** `allocate` gives bytes of any content. */
  constructor(allocate: (length: number) => Uint8Array, frameBytesMax: number) {
    this.#allocate = allocate;
    this.frameBytesMax = frameBytesMax;
  }

  /** Bytes that were pushed and have not left in a frame. */
  get pendingBytes(): number {
    const unread = this.#chunk === null ? 0 : this.#chunk.length - this.#at;
    return unread + this.#laterBytes + this.#sizeBytes + this.#piecesBytes;
  }

  /** Whether a frame has begun that is not whole, if only by a byte of its size. */
  get isMidFrame(): boolean {
    return this.#size >= 0 || this.#sizeBytes > 0 || this.#chunk !== null;
  }

  /** Takes over the next received bytes. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#chunk === null) {
      this.#chunk = chunk;
      this.#at = 0;
    } else {
      this.#later.push(chunk);
      this.#laterBytes += chunk.length;
    }
  }

  /**
   * The next frame without its size; null when it is not all there. Throws `DecodeError` at a size
   * that no frame may have; there is no way on from there.
   */
  next(): Uint8Array | null {
    for (;;) {
      const chunk = this.#chunk;
      if (chunk === null) return null;
      if (this.#size < 0 && !this.#readSize(chunk)) continue;
      const available = chunk.length - this.#at;
      if (this.#piecesBytes === 0 && available >= this.#size) return this.#view(chunk);
      const count = Math.min(this.#size - this.#piecesBytes, available);
      if (count > 0) this.#keep(chunk.subarray(this.#at, this.#at + count));
      this.#advance(chunk, count);
      if (this.#piecesBytes === this.#size) return this.#join();
    }
  }

  /** Reads what the chunk has of the size; false when it ends before the size does. */
  #readSize(chunk: Uint8Array): boolean {
    if (this.#sizeBytes === 0 && chunk.length - this.#at >= SIZE_BYTES) {
      this.#size = int32At(chunk, this.#at);
      this.#checkSize(this.#size);
      // The frame has at least one byte, so the chunk may be used up here without being dropped.
      this.#at += SIZE_BYTES;
      return true;
    }
    while (this.#at < chunk.length && this.#sizeBytes < SIZE_BYTES) {
      this.#sizeSoFar = (this.#sizeSoFar << 8) | (chunk[this.#at] as number);
      this.#sizeBytes += 1;
      this.#at += 1;
    }
    if (this.#sizeBytes === SIZE_BYTES) {
      this.#size = this.#sizeSoFar;
      this.#sizeSoFar = 0;
      this.#sizeBytes = 0;
      this.#checkSize(this.#size);
      return true;
    }
    this.#advance(chunk, 0);
    return false;
  }

  #checkSize(size: number): void {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (size > 0 && size <= this.frameBytesMax) return;
    const hint = isFirst ? hintOf(size) : "";
    throw new DecodeError(`frame of ${size} bytes, allowed are 1 to ${this.frameBytesMax}${hint}`);
  }

  #view(chunk: Uint8Array): Uint8Array {
    const frame = chunk.subarray(this.#at, this.#at + this.#size);
    this.#advance(chunk, this.#size);
    this.#size = -1;
    return frame;
  }

  #advance(chunk: Uint8Array, count: number): void {
    this.#at += count;
    if (this.#at < chunk.length) return;
    this.#chunk = this.#later.shift() ?? null;
    this.#laterBytes -= this.#chunk?.length ?? 0;
    this.#at = 0;
  }

  #keep(piece: Uint8Array): void {
    this.#piecesBytes += piece.length;
    if (piece.length >= SMALL_PIECE) {
      this.#sealBlock();
      this.#pieces.push(piece);
      return;
    }
    if (this.#block === null || this.#block.length - this.#blockUsed < piece.length) {
      this.#sealBlock();
      const wanted = Math.max(BLOCK_MIN, piece.length, this.#piecesBytes);
      this.#block = this.#allocate(Math.min(BLOCK_MAX, wanted));
    }
    this.#block.set(piece, this.#blockUsed);
    this.#blockUsed += piece.length;
  }

  #sealBlock(): void {
    if (this.#block !== null) this.#pieces.push(this.#block.subarray(0, this.#blockUsed));
    this.#block = null;
    this.#blockUsed = 0;
  }

  #join(): Uint8Array {
    this.#sealBlock();
    const frame = this.#allocate(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      frame.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#piecesBytes = 0;
    this.#size = -1;
    return frame;
  }
}

/** What a first size that makes no sense may mean: somebody speaks another protocol. */
function hintOf(size: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => (size >>> shift) & 0xff);
  if (bytes[0] === 0x16 && bytes[1] === 0x03) {
    return "; the client speaks TLS, this listener does not";
  }
  const isMethod = /^(GET |HEAD|POST|PUT |DELE|OPTI|PATC|CONN|TRAC|PRI )$/;
  if (isMethod.test(String.fromCharCode(...bytes))) {
    return "; the client speaks HTTP, this is the Kafka port";
  }
  return "";
}
