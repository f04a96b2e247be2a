/**
 * The port to the metadata of the cluster: a small linearizable key-value store with compare-and-swap
 * transactions, leases and an ordered watch. It is shaped after etcd, whose limits every store keeps.
 *
 * Every change of the store has a revision, counted from 1 and growing by one per transaction that
 * changes something. All keys that one transaction changes bear the same `modRevision`.
 */

/** Compares, `success` and `failure` may each hold this many entries (etcd's --max-txn-ops). */
export const TRANSACTION_OPS_MAX = 128;

/** Keys and values of one transaction, in UTF-8 bytes; below etcd's 1.5 MiB to leave room for framing. */
export const TRANSACTION_BYTES_MAX = 1_400_000;

/** A key with its value. Keys and values are text. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** Revision at which the key came into being, this time. */
  readonly createRevision: number;
  /** Revision of its last change. */
  readonly modRevision: number;
  /** The lease it dies with; 0 for none. */
  readonly leaseId: number;
}

/** A missing key has revisions 0 and no value. */
export type Compare =
  | { readonly kind: "modRevision"; readonly key: string; readonly equals: number }
  | { readonly kind: "createRevision"; readonly key: string; readonly equals: number }
  | { readonly kind: "value"; readonly key: string; readonly equals: string };

/** No key may be changed twice in one transaction, and none lie under a prefix deleted in it. */
export type Operation =
  | {
      readonly kind: "put";
      readonly key: string;
      readonly value: string;
      readonly leaseId?: number;
    }
  | { readonly kind: "delete"; readonly key: string }
  | { readonly kind: "deletePrefix"; readonly prefix: string }
  /** Reads within the transaction; its answer is in `reads`, in order. */
  | { readonly kind: "get"; readonly key: string };

export interface Transaction {
  /** All must hold for `success` to be done, else `failure` is. */
  readonly compare?: readonly Compare[];
  readonly success: readonly Operation[];
  readonly failure?: readonly Operation[];
}

export interface TransactionResult {
  /** Whether all compares held. */
  readonly isApplied: boolean;
  /** The revision of the store after the transaction. */
  readonly revision: number;
  /** What the `get` operations of the branch taken found. */
  readonly reads: readonly (KeyValue | null)[];
}

export type MetadataEvent =
  | { readonly kind: "put"; readonly entry: KeyValue }
  | { readonly kind: "delete"; readonly key: string; readonly modRevision: number };

/** Events come in order, each revision whole and once. `onEnd` comes once, and last. */
export interface WatchOptions {
  readonly prefix: string;
  /** The first revision to be told of: that of a range read plus one. */
  readonly fromRevision: number;
  onEvents(revision: number, events: readonly MetadataEvent[]): void;
  /** "compacted": `fromRevision` is forgotten, range again and watch from there; "closed": the store is. */
  onEnd(reason: "compacted" | "closed"): void;
}

export interface Watch {
  /** Ends the watch; no callback comes after. */
  close(): void;
}

/**
 * Calls reject with `IoError` when the store cannot be reached (`RUNNEL_METADATA_UNAVAILABLE`: the
 * outcome of a transaction is then unknown) and for a transaction over the limits
 * (`RUNNEL_METADATA_TOO_LARGE`, nothing done).
 */
export interface MetadataStore {
  get(key: string): Promise<KeyValue | null>;
  /** All keys that begin with `prefix`, by ascending code units, and the revision they were read at. */
  range(
    prefix: string,
  ): Promise<{ readonly revision: number; readonly entries: readonly KeyValue[] }>;
  /** Durable once it resolves. One revision for all changes; none when nothing changes. */
  transact(transaction: Transaction): Promise<TransactionResult>;
  /** A new lease; keys put under it are deleted when it ends. */
  grantLease(ttlMs: number): Promise<number>;
  /** Lets the lease live for another `ttlMs`; false when it has ended. */
  keepLeaseAlive(leaseId: number): Promise<boolean>;
  /** Ends the lease now, with its keys. */
  revokeLease(leaseId: number): Promise<void>;
  watch(options: WatchOptions): Watch;
  close(): Promise<void>;
}
