/**
 * A metadata store within this process: key space, leases and watches. What makes it last is handed in
 * as `persist`; in memory that is nothing, embedded it is one SQLite transaction.
 */
import { assert } from "@runnel/kit/assert.ts";
import { IoError } from "@runnel/kit/errors.ts";
import type { Clock, Scheduler, Timer } from "@runnel/kit/world.ts";
import { MetadataErrorCode } from "./errors.ts";
import { KeySpace } from "./key-space.ts";
import type {
  KeyValue,
  MetadataEvent,
  MetadataStore,
  Transaction,
  TransactionResult,
  Watch,
  WatchOptions,
} from "./store.ts";

export interface LocalStoreOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** What the store holds at first; keys under a lease are deleted at once. */
  readonly entries?: readonly KeyValue[];
  readonly revision?: number;
  /** Makes a change durable before it is seen by anyone; throws `IoError` when it could not. */
  readonly persist?: (revision: number, events: readonly MetadataEvent[]) => void;
  readonly onClose?: () => void;
  /** Revisions that a late watch can still be told of. */
  readonly historyMax?: number;
}

/** Revisions remembered for watches that begin in the past. */
const HISTORY_MAX = 1_000;
/** Leases at once; a broker needs two. */
const LEASES_MAX = 10_000;
/** How soon the end of a lease is tried again when it could not be stored. */
const EXPIRY_RETRY_MS = 1_000;
/** The longest a timer can wait. */
const LEASE_TTL_MS_MAX = 2 ** 31 - 1;

interface Lease {
  readonly ttlMs: number;
  /** Monotonic ms. */
  deadline: number;
  timer: Timer;
}

interface Revision {
  readonly revision: number;
  readonly events: readonly MetadataEvent[];
}

interface Watcher {
  readonly options: WatchOptions;
  readonly queue: Revision[];
  isClosed: boolean;
}

export class LocalStore implements MetadataStore {
  readonly #options: LocalStoreOptions;
  readonly #keys: KeySpace;
  readonly #history: Revision[] = [];
  /** The oldest revision that a watch can begin at. */
  #historyStart: number;
  readonly #watchers = new Set<Watcher>();
  readonly #leases = new Map<number, Lease>();
  #nextLeaseId = 1;
  #isClosed = false;

  constructor(options: LocalStoreOptions) {
    this.#options = options;
    this.#keys = new KeySpace(options.entries ?? [], options.revision ?? 0);
    this.#historyStart = this.#keys.revision + 1;
    // Keys under a lease of an earlier process: their owners ended with it.
    this.#deleteKeys(this.#keys.leased(null));
  }

  async get(key: string): Promise<KeyValue | null> {
    this.#checkOpen();
    return this.#keys.get(key);
  }

  async range(
    prefix: string,
  ): Promise<{ readonly revision: number; readonly entries: readonly KeyValue[] }> {
    this.#checkOpen();
    return { revision: this.#keys.revision, entries: this.#keys.range(prefix) };
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen();
    const { isApplied, events, revision, reads } = this.#keys.plan(transaction);
    for (const event of events) {
      const leaseId = event.kind === "put" ? event.entry.leaseId : 0;
      if (leaseId !== 0 && !this.#leases.has(leaseId)) {
        throw new IoError(MetadataErrorCode.LEASE_GONE, `metadata lease ${leaseId} has ended`);
      }
    }
    this.#commit(revision, events);
    return { isApplied, revision, reads };
  }

  async grantLease(ttlMs: number): Promise<number> {
    this.#checkOpen();
    assert(ttlMs > 0 && ttlMs <= LEASE_TTL_MS_MAX, `lease of ${ttlMs} ms`);
    if (this.#leases.size >= LEASES_MAX) {
      throw new IoError(MetadataErrorCode.TOO_LARGE, `more than ${LEASES_MAX} metadata leases`);
    }
    const leaseId = this.#nextLeaseId;
    this.#nextLeaseId += 1;
    const deadline = this.#options.clock.monotonicMs() + ttlMs;
    this.#leases.set(leaseId, { ttlMs, deadline, timer: this.#expireAfter(leaseId, ttlMs) });
    return leaseId;
  }

  async keepLeaseAlive(leaseId: number): Promise<boolean> {
    this.#checkOpen();
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return false;
    const now = this.#options.clock.monotonicMs();
    if (now >= lease.deadline) {
      this.#endLease(leaseId);
      return false;
    }
    lease.deadline = now + lease.ttlMs;
    return true;
  }

  async revokeLease(leaseId: number): Promise<void> {
    this.#checkOpen();
    this.#endLease(leaseId);
  }

  watch(options: WatchOptions): Watch {
    const watcher: Watcher = { options, queue: [], isClosed: false };
    if (this.#isClosed || options.fromRevision < this.#historyStart) {
      const reason = this.#isClosed ? "closed" : "compacted";
      soon(() => this.#end(watcher, reason));
      return { close: () => this.#forget(watcher) };
    }
    this.#watchers.add(watcher);
    for (const past of this.#history) this.#offer(watcher, past);
    return { close: () => this.#forget(watcher) };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const lease of this.#leases.values()) lease.timer.cancel();
    this.#leases.clear();
    for (const watcher of this.#watchers) soon(() => this.#end(watcher, "closed"));
    this.#options.onClose?.();
  }

  #commit(revision: number, events: readonly MetadataEvent[]): void {
    if (events.length === 0) return;
    this.#options.persist?.(revision, events);
    this.#keys.apply(revision, events);
    const change = { revision, events };
    this.#history.push(change);
    if (this.#history.length > (this.#options.historyMax ?? HISTORY_MAX)) {
      this.#historyStart = (this.#history.shift() as Revision).revision + 1;
    }
    for (const watcher of this.#watchers) this.#offer(watcher, change);
  }

  #deleteKeys(entries: readonly KeyValue[]): void {
    const revision = this.#keys.revision + 1;
    const events = entries.map(
      ({ key }) => ({ kind: "delete", key, modRevision: revision }) as const,
    );
    this.#commit(revision, events);
  }

  #offer(watcher: Watcher, change: Revision): void {
    const { prefix, fromRevision } = watcher.options;
    if (change.revision < fromRevision) return;
    const events = change.events.filter((event) =>
      (event.kind === "put" ? event.entry.key : event.key).startsWith(prefix),
    );
    if (events.length === 0) return;
    watcher.queue.push({ revision: change.revision, events });
    // Never inside the call that changes: whoever transacts must not be re-entered by a watcher.
    if (watcher.queue.length === 1) soon(() => this.#deliver(watcher));
  }

  #deliver(watcher: Watcher): void {
    // The length is read anew each time: a callback may cause more, which belong behind these.
    for (let i = 0; i < watcher.queue.length && !watcher.isClosed; i += 1) {
      const { revision, events } = watcher.queue[i] as Revision;
      watcher.options.onEvents(revision, events);
    }
    watcher.queue.length = 0;
  }

  #end(watcher: Watcher, reason: "compacted" | "closed"): void {
    if (watcher.isClosed) return;
    this.#forget(watcher);
    watcher.options.onEnd(reason);
  }

  #forget(watcher: Watcher): void {
    watcher.isClosed = true;
    this.#watchers.delete(watcher);
  }

  #expireAfter(leaseId: number, delayMs: number): Timer {
    return this.#options.scheduler.after(Math.ceil(delayMs), () => {
      const lease = this.#leases.get(leaseId);
      if (lease === undefined || this.#isClosed) return;
      const left = lease.deadline - this.#options.clock.monotonicMs();
      if (left > 0) {
        lease.timer = this.#expireAfter(leaseId, left);
        return;
      }
      try {
        this.#endLease(leaseId);
      } catch (error) {
        if (!(error instanceof IoError)) throw error;
        lease.timer = this.#expireAfter(leaseId, EXPIRY_RETRY_MS);
      }
    });
  }

  /** Throws `IoError`, and the lease stays, when its keys cannot be deleted for good. */
  #endLease(leaseId: number): void {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return;
    this.#deleteKeys(this.#keys.leased(leaseId));
    lease.timer.cancel();
    this.#leases.delete(leaseId);
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new IoError(MetadataErrorCode.UNAVAILABLE, "metadata store: it is closed");
    }
  }
}

function soon(work: () => void): void {
  void Promise.resolve().then(work);
}
