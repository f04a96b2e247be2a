/**
 * What several events lead to, in their order, as it goes into the log: records of one producer, or of
 * nobody, share a batch; the end of a transaction is a batch of its own.
 */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type {
  BatchOutcome,
  CoordinatorBatch,
  CoordinatorRecord,
  ProducerIdentity,
} from "../ports.ts";
import type { Answer, ShardMachine, Step } from "./machine.ts";

/** Bytes of the records of one write; a single record may be larger. */
export const WRITE_BYTES_MAX = 900_000;

/** Bytes that a marker is counted as. */
const MARKER_BYTES = 80;

/** One batch of the log, with what follows once it is there. */
export interface Part<R, A extends Answer> {
  readonly batch: CoordinatorBatch;
  readonly records: readonly R[];
  readonly replies: readonly A[];
  readonly bytes: number;
}

interface OpenPart<R, A extends Answer> extends Part<R, A> {
  readonly encoded: CoordinatorRecord[];
  readonly producer: ProducerIdentity | null;
  readonly records: R[];
  readonly replies: A[];
  bytes: number;
}

/** An event as far as others may or may not share a batch with it. */
export interface EventScope {
  /** Null for all keys. */
  readonly key: string | null;
  readonly isMergeable: boolean;
}

export class StepBatch<R, A extends Answer> {
  readonly parts: Part<R, A>[] = [];
  readonly #encode: ShardMachine<unknown, R, A>["encode"];
  /** Takes more records of its producer. */
  #open: OpenPart<R, A> | null = null;
  /** Keys that were written to; true where by mergeable events alone. */
  readonly #keys = new Map<string, boolean>();
  #isMergeable = true;
  /** An event without a key is in. */
  #isClosed = false;
  #bytes = 0;

  constructor(encode: (record: R) => CoordinatorRecord) {
    this.#encode = encode;
  }

  get isEmpty(): boolean {
    return this.parts.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= WRITE_BYTES_MAX;
  }

  /** Whether the event may depend on what the batch is about to commit. */
  conflicts({ key, isMergeable }: EventScope): boolean {
    if (this.isEmpty) return false;
    if (!isMergeable) return key === null || this.#isClosed || this.#keys.has(key);
    if (key === null) return !this.#isMergeable;
    return this.#isClosed || this.#keys.get(key) === false;
  }

  /** Adds what an event leads to: records, a marker, or both. */
  add(step: Step<R, A>, { key, isMergeable }: EventScope): void {
    const { records, producer = null, marker, replies } = step;
    for (const record of records) this.#addRecord(record, producer);
    if (marker !== undefined) {
      const batch = { kind: "marker", marker } as const;
      this.#open = null;
      this.parts.push({ batch, records: [], replies, bytes: MARKER_BYTES });
      this.#bytes += MARKER_BYTES;
    } else this.#open?.replies.push(...replies);
    this.#isMergeable &&= isMergeable;
    if (key !== null) this.#keys.set(key, isMergeable);
    else {
      assert(records.length === 0, "records of an event without a key");
      this.#isClosed = true;
    }
  }

  /** The parts in runs of at most `WRITE_BYTES_MAX`. */
  *writes(): Generator<readonly Part<R, A>[]> {
    let from = 0;
    let bytes = 0;
    for (const [index, part] of this.parts.entries()) {
      if (index > from && bytes + part.bytes > WRITE_BYTES_MAX) {
        yield this.parts.slice(from, index);
        from = index;
        bytes = 0;
      }
      bytes += part.bytes;
    }
    yield this.parts.slice(from);
  }

  #addRecord(record: R, producer: ProducerIdentity | null): void {
    const encoded = this.#encode(record);
    const size = sizeOf(encoded);
    const part = this.#partFor(size, producer);
    part.records.push(record);
    part.encoded.push(encoded);
    part.bytes += size;
    this.#bytes += size;
  }

  #partFor(size: number, producer: ProducerIdentity | null): OpenPart<R, A> {
    const open = this.#open;
    const hasRoom = open !== null && open.bytes + size <= WRITE_BYTES_MAX;
    if (hasRoom && isSame(open.producer, producer)) return open;
    const encoded: CoordinatorRecord[] = [];
    const batch = { kind: "records", records: encoded, producer } as const;
    const next = { batch, encoded, producer, records: [], replies: [], bytes: 0 };
    this.parts.push(next);
    this.#open = next;
    return next;
  }
}

/** Applies what the log took of `parts` to the machine, in the order of the log. */
export function replayParts<E, R, A extends Answer>(
  machine: ShardMachine<E, R, A>,
  parts: readonly Part<R, A>[],
  outcomes: readonly BatchOutcome[],
): void {
  for (const [index, { batch, records }] of parts.entries()) {
    const outcome = outcomes[index];
    assert(outcome !== undefined, "a batch without an outcome");
    if (outcome.errorCode !== ErrorCode.NONE) continue;
    for (const [at, record] of records.entries()) machine.replay(record, outcome.baseOffset + at);
    if (batch.kind === "marker") machine.replayEnd?.(batch.marker);
  }
}

function isSame(one: ProducerIdentity | null, other: ProducerIdentity | null): boolean {
  return one?.producerId === other?.producerId && one?.producerEpoch === other?.producerEpoch;
}

function sizeOf({ key, value }: CoordinatorRecord): number {
  // Lengths, attributes and deltas of a record of a batch v2.
  return 24 + key.length + (value?.length ?? 0);
}
