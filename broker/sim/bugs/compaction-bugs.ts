/** Bugs in what compaction takes away, and in how its segments take the place of others. */
import type { Bug } from "./bug.ts";

export const COMPACTION_BUGS: readonly Bug[] = [
  {
    name: "compaction beyond the last stable offset",
    file: "log/compaction/cleanable.ts",
    text: "if (end === undefined || end > Math.min(stableOffset, nextOffset)) break;",
    instead: "if (end === undefined || end > nextOffset) break;",
  },
  {
    name: "aborted records replace older ones",
    file: "log/compaction/map-builder.ts",
    text: "hasKeys = !this.#tracker.onData(producerId, lastOffset);",
    instead: "this.#tracker.onData(producerId, lastOffset);",
  },
  {
    name: "aborted records outlive their marker",
    file: "log/compaction/transaction-tracker.ts",
    text: "      ongoing.hasData = true;\n      return true;\n",
    instead: "      return false;\n",
  },
  {
    name: "compacted segment not synced",
    file: "log/compaction/cleaned-segment.ts",
    text: "    await file.sync();\n    await this.close();\n",
    instead: "    await this.close();\n",
  },
  {
    name: "a swap that is not ended at the start",
    file: "log/log-loader.ts",
    text: "  await finishSwaps(io, options.folder, options.logger);\n",
    instead: "",
  },
];
