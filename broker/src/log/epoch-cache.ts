/**
 * Where each leader epoch begins in a log, in Kafka's `leader-epoch-checkpoint` format: a line "0", a
 * line with the count, then "epoch startOffset" a line. Source: KIP-101, KIP-279.
 *
 * The last line ends in blanks that spell the CRC-32C of all before them, a bit each (space 0, tab 1):
 * Kafka's reader passes over them, and a wrong digit, which would make consumers go back, is noticed.
 */
import { crc32c } from "@runnel/kit/crc32c.ts";

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The answer for an epoch the log cannot speak of (OffsetForLeaderEpoch). */
export const UNKNOWN_EPOCH = -1;
export const UNKNOWN_OFFSET = -1;

export class EpochCache {
  #entries: EpochStart[] = [];

  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? UNKNOWN_EPOCH;
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  /**
   * Notes that `epoch` begins at `startOffset`; returns whether that is news. Epochs that would begin
   * there or behind have no records and are forgotten.
   */
  assign(epoch: number, startOffset: number): boolean {
    if (epoch < 0 || epoch <= this.latest) return false;
    this.truncateFrom(startOffset);
    this.#entries.push({ epoch, startOffset });
    return true;
  }

  /** Forgets epochs above `epoch`, the largest there is. Returns whether there were any. */
  truncateAbove(epoch: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.epoch <= epoch);
    return this.#entries.length !== before;
  }

  /** The epoch of the record at `offset`. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? UNKNOWN_EPOCH;
  }

  /** Kafka's answer to "where does `epoch` end": see protocol notes of OffsetForLeaderEpoch. */
  endOf(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } {
    const unknown = { epoch: UNKNOWN_EPOCH, endOffset: UNKNOWN_OFFSET };
    if (epoch < 0 || this.#entries.length === 0 || epoch > this.latest) return unknown;
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset };
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    const endOffset = (this.#entries[next] as EpochStart).startOffset;
    const known = this.#entries[next - 1];
    return { epoch: known === undefined ? epoch : known.epoch, endOffset };
  }

  /** Forgets what lies at or behind `offset`. Returns whether anything changed. */
  truncateFrom(offset: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.startOffset < offset);
    return this.#entries.length !== before;
  }

  /** Forgets epochs that end at or before `offset`; the one in force there now begins at it. */
  truncateBefore(offset: number): boolean {
    const current = this.#entries.findLastIndex((entry) => entry.startOffset <= offset);
    const first = this.#entries[current];
    if (first === undefined || (current === 0 && first.startOffset === offset)) return false;
    this.#entries = [
      { epoch: first.epoch, startOffset: offset },
      ...this.#entries.slice(current + 1),
    ];
    return true;
  }

  /** The checkpoint's text. */
  format(): string {
    const lines = this.#entries.map((entry) => `\n${entry.epoch} ${entry.startOffset}`);
    const body = `0\n${lines.length}${lines.join("")}`;
    return lines.length === 0 ? `${body}\n` : `${body}${blanksOf(body)}\n`;
  }

  /** The cache of a checkpoint's text; null where the text is no such checkpoint. */
  static parse(text: string): EpochCache | null {
    const body = text.trimEnd();
    const [version, count, ...lines] = body.split("\n");
    if (version !== "0" || Number(count) !== lines.length) return null;
    if (lines.length > 0 && text !== `${body}${blanksOf(body)}\n`) return null;
    const cache = new EpochCache();
    for (const line of lines) {
      const match = /^(\d+) (\d+)$/.exec(line);
      if (match === null) return null;
      cache.assign(Number(match[1]), Number(match[2]));
    }
    return cache.entries.length === lines.length ? cache : null;
  }
}

/** The checksum of `body` as 32 blanks. */
function blanksOf(body: string): string {
  const bits = crc32c(new TextEncoder().encode(body)).toString(2).padStart(32, "0");
  return bits.replaceAll("0", " ").replaceAll("1", "\t");
}
