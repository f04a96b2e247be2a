/**
 * The transactions that have offsets pending in the groups of one shard, and the requests that wait for
 * leave to begin one there.
 *
 * The coordinator of a transaction must know that it reaches into this shard before the first offset
 * is written, or nobody would end it here (KIP-890). While it is asked, the transaction may end: then
 * the leave that it gave is worth nothing, and the offsets would be left behind for ever.
 */
import { assert } from "@runnel/kit/assert.ts";
import type { ProducerIdentity } from "../ports.ts";

/** Requests of one shard that wait for leave; further ones come again later. */
export const ADMISSIONS_MAX = 10_000;

/** Stands for a request whose producer may not have said where it writes. */
export interface Admission {
  readonly producerId: bigint;
  /** The request gives up. */
  withdraw(): void;
}

interface OpenTransaction {
  producerEpoch: number;
  /** Groups with offsets pending in it. */
  readonly groupIds: Set<string>;
}

export class OpenTransactions {
  readonly #open = new Map<bigint, OpenTransaction>();
  /** Those that may still be used, by producer. */
  readonly #admissions = new Map<bigint, Set<Admission>>();
  #admissionCount = 0;

  /** Producers with offsets pending. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether the producer has offsets pending in the transaction of this epoch. */
  isOpen({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return this.#open.get(producerId)?.producerEpoch === producerEpoch;
  }

  /** Begins to wait; null where too many wait. */
  begin({ producerId }: ProducerIdentity): Admission | null {
    if (this.#admissionCount >= ADMISSIONS_MAX) return null;
    const admission: Admission = { producerId, withdraw: () => this.take(admission) };
    let waiting = this.#admissions.get(producerId);
    if (waiting === undefined) this.#admissions.set(producerId, (waiting = new Set()));
    waiting.add(admission);
    this.#admissionCount += 1;
    return admission;
  }

  /** Ends the wait. False where a transaction of the producer has ended meanwhile. */
  take(admission: Admission): boolean {
    const waiting = this.#admissions.get(admission.producerId);
    if (waiting?.delete(admission) !== true) return false;
    this.#admissionCount -= 1;
    if (waiting.size === 0) this.#admissions.delete(admission.producerId);
    return true;
  }

  /** The group has an offset pending. */
  add({ producerId, producerEpoch }: ProducerIdentity, groupId: string): void {
    const known = this.#open.get(producerId);
    if (known === undefined) {
      this.#open.set(producerId, { producerEpoch, groupIds: new Set([groupId]) });
      return;
    }
    known.producerEpoch = producerEpoch;
    known.groupIds.add(groupId);
  }

  /** The group has nothing pending any more. */
  remove(producerId: bigint, groupId: string): void {
    const known = this.#open.get(producerId);
    assert(known?.groupIds.delete(groupId) === true, `producer ${producerId} is not in ${groupId}`);
    if (known.groupIds.size === 0) this.#open.delete(producerId);
  }

  /** The producer's transaction is over. Returns the groups that have to know. */
  end(producerId: bigint): ReadonlySet<string> {
    this.#admissionCount -= this.#admissions.get(producerId)?.size ?? 0;
    this.#admissions.delete(producerId);
    const groupIds = this.#open.get(producerId)?.groupIds ?? new Set();
    this.#open.delete(producerId);
    return groupIds;
  }
}
