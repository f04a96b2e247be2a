import { manualTime } from "./manual-time.ts";
import { createMemoryStore } from "./memory-store.ts";
import { describeMetadataStore } from "./store.contract.ts";

describeMetadataStore("memory", (options) => {
  const { advance, ...time } = manualTime();
  return { store: createMemoryStore({ ...time, ...options }), advance };
});
