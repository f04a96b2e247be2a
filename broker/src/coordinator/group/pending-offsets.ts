/**
 * Offsets that transactions have written and nobody has decided yet: beside the committed ones until
 * the end of their transaction, then among them or gone (KIP-98, KIP-447).
 *
 * Changed by `replay` alone. `byProducer` and `counts` change together, through this file.
 */
import type { Usage } from "../limits.ts";
import { type Place, type PlaceTable, placesOf, setAt, valueAt } from "./place-table.ts";
import type { CommittedOffset, StoredOffset } from "./records.ts";

export interface PendingOffsets {
  /** No producer is there without an offset. */
  readonly byProducer: Map<bigint, PlaceTable<StoredOffset>>;
  /** In how many transactions a partition has an offset. */
  readonly counts: PlaceTable<number>;
  /** Offsets of all producers. */
  size: number;
}

export interface PendingOffset extends Place {
  /** Whose transaction it is. */
  readonly producerId: bigint;
  readonly value: CommittedOffset;
}

export function noPendingOffsets(): PendingOffsets {
  return { byProducer: new Map(), counts: new Map(), size: 0 };
}

/** Whether a transaction that is not decided may move the offset of the partition. */
export function isPendingAt({ counts }: PendingOffsets, place: Place): boolean {
  return valueAt(counts, place) !== undefined;
}

/** What transactions have pending for the partition. */
export function* pendingAt(
  { byProducer, counts }: PendingOffsets,
  place: Place,
): Generator<StoredOffset, void> {
  if (valueAt(counts, place) === undefined) return;
  for (const table of byProducer.values()) {
    const value = valueAt(table, place);
    if (value !== undefined) yield value;
  }
}

/** Everything that is pending, of one producer after the other. */
export function* allPending({ byProducer }: PendingOffsets): Generator<PendingOffset, void> {
  for (const [producerId, table] of byProducer) {
    for (const [place, value] of placesOf(table)) yield { ...place, producerId, value };
  }
}

export function putPending(
  { pending, usage }: Holder,
  producerId: bigint,
  place: Place,
  value: StoredOffset,
): void {
  let table = pending.byProducer.get(producerId);
  if (table === undefined) pending.byProducer.set(producerId, (table = new Map()));
  const old = setAt(table, place, value);
  if (old === undefined) count({ pending, usage }, place, 1);
  usage.offsetMetadataLength += value.metadata.length - (old?.metadata.length ?? 0);
}

/** Takes out all that the producer has pending. */
export function takePending(
  { pending, usage }: Holder,
  producerId: bigint,
): PlaceTable<StoredOffset> {
  const table: PlaceTable<StoredOffset> = pending.byProducer.get(producerId) ?? new Map();
  pending.byProducer.delete(producerId);
  for (const [place, { metadata }] of placesOf(table)) {
    count({ pending, usage }, place, -1);
    usage.offsetMetadataLength -= metadata.length;
  }
  return table;
}

/** Forgets what any producer has pending for the partition. */
export function dropPendingAt({ pending, usage }: Holder, place: Place): void {
  if (!isPendingAt(pending, place)) return;
  for (const [producerId, table] of pending.byProducer) {
    const old = setAt(table, place, undefined);
    if (old === undefined) continue;
    count({ pending, usage }, place, -1);
    usage.offsetMetadataLength -= old.metadata.length;
    if (table.size === 0) pending.byProducer.delete(producerId);
  }
}

/** A group, as far as it matters here. */
interface Holder {
  readonly pending: PendingOffsets;
  readonly usage: Usage;
}

function count({ pending, usage }: Holder, place: Place, by: 1 | -1): void {
  const now = (valueAt(pending.counts, place) ?? 0) + by;
  setAt(pending.counts, place, now === 0 ? undefined : now);
  pending.size += by;
  usage.offsets += by;
  usage.pendingOffsets += by;
}
