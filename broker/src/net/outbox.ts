/** Answers on their way to one socket, handed to the system in pieces, one writev each. */
import type { Socket } from "#io/ports.ts";

/**
 * Bytes that the socket is given at once, about: small enough that a client which reads slowly is seen
 * to make progress, large enough that a fetch of a megabyte leaves in one call.
 */
const PIECE_BYTES = 1024 * 1024;
const PIECE_BYTES_MAX = 2 * PIECE_BYTES;

export class Outbox {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Bytes that the socket was not given yet. */
  get bytes(): number {
    return this.#bytes;
  }

  add(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.length;
    }
  }

  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }

  /** Gives `socket` as much as it takes at once; returns the bytes given. */
  flush(socket: Socket): number {
    if (this.#bytes > 0 && this.#bytes <= PIECE_BYTES_MAX && socket.unsentBytes === 0) {
      const given = this.#bytes;
      socket.write(this.#parts);
      this.clear();
      return given;
    }
    let given = 0;
    while (this.#bytes > 0 && socket.unsentBytes === 0) {
      const piece = this.#takePiece();
      for (const part of piece) given += part.length;
      socket.write(piece);
    }
    return given;
  }

  #takePiece(): Uint8Array[] {
    let count = 0;
    let bytes = 0;
    while (count < this.#parts.length && bytes < PIECE_BYTES) {
      const { length } = this.#parts[count] as Uint8Array;
      if (bytes + length > PIECE_BYTES_MAX) break;
      bytes += length;
      count += 1;
    }
    const piece = this.#parts.splice(0, count);
    const next = this.#parts[0];
    if (bytes < PIECE_BYTES && next !== undefined) {
      const room = PIECE_BYTES - bytes;
      piece.push(next.subarray(0, room));
      this.#parts[0] = next.subarray(room);
      bytes += room;
    }
    this.#bytes -= bytes;
    return piece;
  }
}
