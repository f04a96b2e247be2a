/**
 * What a log remembers of each idempotent producer, so that a batch sent twice is stored once.
 *
 * Rules in order (KIP-98, KIP-360): a batch equal to one of the last five is a duplicate; a lower epoch
 * is fenced; a new epoch begins at sequence 0; else the sequence follows the last one, 2^31−1 wraps to
 * 0. A producer that is not known may begin anywhere.
 */

import { ErrorCode } from "@runnel/protocol/errors.ts";
import { type BatchHeader, NO_PRODUCER_ID } from "@runnel/protocol/records/batch.ts";

/** Batches per producer that are recognised when they come again; clients keep at most 5 in flight. */
export const WINDOW_BATCHES = 5;
/** Producers one log remembers; beyond, the one that was silent longest is forgotten. */
export const PRODUCERS_MAX = 100_000;

const SEQUENCE_SPAN = 2 ** 31;

/** One appended batch of a producer. */
export interface BatchMark {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Its largest timestamp, ms. */
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Oldest first, at most `WINDOW_BATCHES`, at least one. */
  readonly batches: readonly BatchMark[];
}

export type SequenceCheck =
  | { readonly kind: "next" }
  | { readonly kind: "duplicate"; readonly batch: BatchMark }
  | { readonly kind: "refused"; readonly errorCode: ErrorCode; readonly message: string };

type SequencedHeader = Pick<
  BatchHeader,
  "producerId" | "producerEpoch" | "baseSequence" | "lastOffsetDelta" | "maxTimestamp"
>;

/** The sequence of the last record of a batch: wraps from 2^31−1 to 0. */
export function lastSequenceOf(baseSequence: number, lastOffsetDelta: number): number {
  return (baseSequence + lastOffsetDelta) % SEQUENCE_SPAN;
}

const NEXT: SequenceCheck = { kind: "next" };

export class ProducerState {
  /** Least recently active first. */
  readonly #entries = new Map<bigint, ProducerEntry>();

  get size(): number {
    return this.#entries.size;
  }

  /** Every producer, least recently active first. */
  entries(): IterableIterator<ProducerEntry> {
    return this.#entries.values();
  }

  /** Says what a batch from a client is; changes nothing. */
  check(header: SequencedHeader): SequenceCheck {
    const entry = this.#entries.get(header.producerId);
    if (entry === undefined) return NEXT;
    const { producerEpoch: epoch, baseSequence } = header;
    if (epoch < entry.epoch) {
      return refused(ErrorCode.INVALID_PRODUCER_EPOCH, `epoch ${epoch}, ${entry.epoch} is known`);
    }
    if (epoch > entry.epoch) {
      if (baseSequence === 0) return NEXT;
      return refused(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `new epoch ${epoch} begins at sequence ${baseSequence}, not 0`,
      );
    }
    const lastSequence = lastSequenceOf(baseSequence, header.lastOffsetDelta);
    const batch = entry.batches.find(
      (mark) => mark.baseSequence === baseSequence && mark.lastSequence === lastSequence,
    );
    if (batch !== undefined) return { kind: "duplicate", batch };
    const expected = lastSequenceOf((entry.batches.at(-1) as BatchMark).lastSequence, 1);
    if (baseSequence === expected) return NEXT;
    return refused(
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
      `sequence ${baseSequence}, ${expected} comes next`,
    );
  }

  /** Books a batch that was appended, live or at replay; checks nothing. */
  update(header: SequencedHeader, baseOffset: number): void {
    if (header.producerId === NO_PRODUCER_ID || header.baseSequence < 0) return;
    const known = this.#entries.get(header.producerId);
    const mark: BatchMark = {
      baseSequence: header.baseSequence,
      lastSequence: lastSequenceOf(header.baseSequence, header.lastOffsetDelta),
      baseOffset,
      lastOffset: baseOffset + header.lastOffsetDelta,
      timestamp: header.maxTimestamp,
    };
    const window = known?.epoch === header.producerEpoch ? known.batches : [];
    this.put({
      producerId: header.producerId,
      epoch: header.producerEpoch,
      batches: [...window.slice(1 - WINDOW_BATCHES), mark],
    });
  }

  /** Sets what is known of one producer and makes it the most recent. */
  put(entry: ProducerEntry): void {
    this.#entries.delete(entry.producerId);
    this.#entries.set(entry.producerId, entry);
    if (this.#entries.size > PRODUCERS_MAX) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
  }

  /** Forgets producers whose last batch is older than `beforeMs`. */
  expire(beforeMs: number): void {
    for (const entry of this.#entries.values()) {
      if ((entry.batches.at(-1) as BatchMark).timestamp >= beforeMs) continue;
      this.#entries.delete(entry.producerId);
    }
  }
}

function refused(errorCode: ErrorCode, message: string): SequenceCheck {
  return { kind: "refused", errorCode, message };
}
