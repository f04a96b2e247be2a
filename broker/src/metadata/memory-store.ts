/** The metadata store in memory: for tests, for the simulator and for brokers that keep nothing. */
import { LocalStore, type LocalStoreOptions } from "./local-store.ts";
import type { MetadataStore } from "./store.ts";

/** An empty store. It outlives the brokers that use it, as a cluster's store would. */
export function createMemoryStore(
  options: Pick<LocalStoreOptions, "clock" | "scheduler" | "historyMax">,
): MetadataStore {
  return new LocalStore(options);
}
