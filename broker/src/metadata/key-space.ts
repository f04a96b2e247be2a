/**
 * Keys, values and revisions in memory, and what a transaction does to them: the part that every store
 * of our own shares. Synchronous and without I/O: `plan` decides and changes nothing, `apply` changes.
 */
import { assert, unreachable } from "@runnel/kit/assert.ts";
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { IoError } from "@runnel/kit/errors.ts";
import { MetadataErrorCode } from "./errors.ts";
import {
  type Compare,
  type KeyValue,
  type MetadataEvent,
  type Operation,
  TRANSACTION_BYTES_MAX,
  TRANSACTION_OPS_MAX,
  type Transaction,
} from "./store.ts";

export interface Plan {
  readonly isApplied: boolean;
  /** What changes, under `revision`; when nothing does, `revision` is that of the store as it is. */
  readonly events: readonly MetadataEvent[];
  readonly revision: number;
  readonly reads: readonly (KeyValue | null)[];
}

/** Keys that go at once above which the list of keys is made anew rather than cut one by one. */
const SINGLE_REMOVALS_MAX = 16;

export class KeySpace {
  readonly #entries = new Map<string, KeyValue>();
  /** All keys in ascending order. */
  #keys: string[] = [];
  #revision: number;

  constructor(entries: Iterable<KeyValue>, revision: number) {
    this.#revision = revision;
    for (const entry of entries) {
      this.#entries.set(entry.key, entry);
      this.#keys.push(entry.key);
    }
    this.#keys.sort();
  }

  get revision(): number {
    return this.#revision;
  }

  get(key: string): KeyValue | null {
    return this.#entries.get(key) ?? null;
  }

  range(prefix: string): readonly KeyValue[] {
    return this.#keysUnder(prefix).map((key) => this.#entries.get(key) as KeyValue);
  }

  /** All keys that die with a lease; of `leaseId`, or of any. */
  leased(leaseId: number | null): readonly KeyValue[] {
    return [...this.#entries.values()].filter((entry) =>
      leaseId === null ? entry.leaseId !== 0 : entry.leaseId === leaseId,
    );
  }

  /** Throws `IoError` over the limits, `InvariantError` where a key is changed twice. */
  plan(transaction: Transaction): Plan {
    const { compare = [], success, failure = [] } = transaction;
    checkLimits(compare, success, failure);
    for (const branch of [success, failure]) checkKeys(branch);
    const isApplied = compare.every((one) => this.#holds(one));
    const reads: (KeyValue | null)[] = [];
    const events: MetadataEvent[] = [];
    for (const operation of isApplied ? success : failure) this.#run(operation, reads, events);
    const revision = events.length > 0 ? this.#revision + 1 : this.#revision;
    return { isApplied, events, revision, reads };
  }

  /** Makes `events` so. `revision` must be the next one. */
  apply(revision: number, events: readonly MetadataEvent[]): void {
    assert(revision === this.#revision + 1, `revision ${revision} after ${this.#revision}`);
    this.#revision = revision;
    const gone: string[] = [];
    for (const event of events) {
      if (event.kind === "put") this.#put(event.entry);
      else if (this.#entries.delete(event.key)) gone.push(event.key);
    }
    if (gone.length > SINGLE_REMOVALS_MAX) {
      this.#keys = this.#keys.filter((key) => this.#entries.has(key));
    } else for (const key of gone) this.#keys.splice(this.#indexOf(key), 1);
  }

  #holds(compare: Compare): boolean {
    const entry = this.#entries.get(compare.key);
    switch (compare.kind) {
      case "modRevision":
        return (entry?.modRevision ?? 0) === compare.equals;
      case "createRevision":
        return (entry?.createRevision ?? 0) === compare.equals;
      case "value":
        return entry?.value === compare.equals;
      default:
        return unreachable(compare);
    }
  }

  #run(operation: Operation, reads: (KeyValue | null)[], events: MetadataEvent[]): void {
    const modRevision = this.#revision + 1;
    switch (operation.kind) {
      case "get":
        reads.push(this.get(operation.key));
        break;
      case "put": {
        const { key, value, leaseId = 0 } = operation;
        const createRevision = this.#entries.get(key)?.createRevision ?? modRevision;
        events.push({ kind: "put", entry: { key, value, createRevision, modRevision, leaseId } });
        break;
      }
      case "delete":
        if (this.#entries.has(operation.key)) {
          events.push({ kind: "delete", key: operation.key, modRevision });
        }
        break;
      case "deletePrefix":
        for (const key of this.#keysUnder(operation.prefix)) {
          events.push({ kind: "delete", key, modRevision });
        }
        break;
      default:
        unreachable(operation);
    }
  }

  #put(entry: KeyValue): void {
    if (!this.#entries.has(entry.key)) this.#keys.splice(this.#indexOf(entry.key), 0, entry.key);
    this.#entries.set(entry.key, entry);
  }

  #keysUnder(prefix: string): readonly string[] {
    const start = this.#indexOf(prefix);
    let end = start;
    while (end < this.#keys.length && (this.#keys[end] as string).startsWith(prefix)) end += 1;
    return this.#keys.slice(start, end);
  }

  /** Where `key` stands, or would stand, among the keys. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function checkLimits(
  compare: readonly Compare[],
  success: readonly Operation[],
  failure: readonly Operation[],
): void {
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > TRANSACTION_OPS_MAX) {
    throw new IoError(
      MetadataErrorCode.TOO_LARGE,
      `metadata transaction of ${count} operations, at most ${TRANSACTION_OPS_MAX}`,
    );
  }
  let bytes = 0;
  for (const { kind, key, equals } of compare) {
    bytes += utf8Length(key) + (kind === "value" ? utf8Length(equals) : 0);
  }
  for (const operation of [...success, ...failure]) {
    bytes += utf8Length("key" in operation ? operation.key : operation.prefix);
    if (operation.kind === "put") bytes += utf8Length(operation.value);
  }
  if (bytes > TRANSACTION_BYTES_MAX) {
    throw new IoError(
      MetadataErrorCode.TOO_LARGE,
      `metadata transaction of ${bytes} bytes, at most ${TRANSACTION_BYTES_MAX}`,
    );
  }
}

function checkKeys(operations: readonly Operation[]): void {
  const changed = new Set<string>();
  for (const operation of operations) {
    if (operation.kind !== "put" && operation.kind !== "delete") continue;
    assert(operation.key !== "", "metadata transaction with an empty key");
    assert(!changed.has(operation.key), `metadata transaction changes ${operation.key} twice`);
    changed.add(operation.key);
  }
  for (const operation of operations) {
    if (operation.kind !== "deletePrefix") continue;
    for (const key of changed) {
      assert(!key.startsWith(operation.prefix), `metadata transaction changes ${key} twice`);
    }
  }
}
