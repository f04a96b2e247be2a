/** What holds for all topics of the broker's own. */

/** It stores its batches as it writes them, whatever is the default for others. */
export const AS_WRITTEN = ["compression.type", "producer"] as const;
