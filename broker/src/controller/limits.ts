/** Caps on what one request, and the cluster, may ask of the metadata (rows P13 and P15). */

/** Partitions that one CreateTopics or CreatePartitions request may add. */
export const PARTITIONS_PER_REQUEST_MAX = 10_000;
/** Partitions of one topic: their assignments are the value of one key. */
export const PARTITIONS_PER_TOPIC_MAX = 10_000;
/** Replicas of one topic, for the same reason. */
export const REPLICAS_PER_TOPIC_MAX = 40_000;
/** Topics that clients asking for unknown names can have under creation at once. */
export const AUTO_CREATIONS_MAX = 1_000;
/** Changes that wait for the one before them. */
export const MUTATIONS_QUEUED_MAX = 1_000;
/** Groups that may have settings of their own. */
export const GROUPS_WITH_CONFIGS_MAX = 10_000;
/** Bytes of the id of such a group as UTF-8: as long as the coordinator takes. */
export const GROUP_ID_BYTES_MAX = 1_024;
/** How often a change is planned anew when somebody else was faster. */
export const COMMIT_ATTEMPTS_MAX = 3;
/** Producer ids that are taken from the store at a time. */
export const PRODUCER_ID_BLOCK = 1_000;
