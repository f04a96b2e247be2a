import { ManualTime } from "#io/memory/manual-time.ts";
import { createMemoryStore } from "./memory-store.ts";
import { describeMetadataStore } from "./store.contract.ts";

describeMetadataStore("memory", (options) => {
  const time = new ManualTime();
  const store = createMemoryStore({ clock: time, scheduler: time, ...options });
  return { store, advance: (spanMs) => time.advance(spanMs) };
});
