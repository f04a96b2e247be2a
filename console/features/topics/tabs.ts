/** The pages that a topic has. */
export const TOPIC_TABS: readonly { readonly text: string; readonly path: readonly string[] }[] = [
  { text: "Overview", path: [] },
  { text: "Events", path: ["events"] },
  { text: "Keys", path: ["keys"] },
  { text: "Partitions", path: ["partitions"] },
  { text: "Settings", path: ["config"] },
  { text: "Groups", path: ["groups"] },
];
