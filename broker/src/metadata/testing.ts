/** For tests of what uses a metadata store. */
import type { MetadataStore } from "./store.ts";

/** A store with some of its calls replaced. */
export function wrapStore(store: MetadataStore, changes: Partial<MetadataStore>): MetadataStore {
  return {
    get: (key) => store.get(key),
    range: (prefix) => store.range(prefix),
    transact: (transaction) => store.transact(transaction),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    keepLeaseAlive: (leaseId) => store.keepLeaseAlive(leaseId),
    revokeLease: (leaseId) => store.revokeLease(leaseId),
    watch: (options) => store.watch(options),
    close: () => store.close(),
    ...changes,
  };
}
