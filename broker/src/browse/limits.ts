/** Every bound of browsing, by name. A scan holds at most about 64 MiB: the sum of the first group. */

const MIB = 1024 * 1024;

/** Bytes of segment files that a scan keeps in memory for all of its partitions. */
export const CHUNKS_BYTES_MAX = 16 * MIB;
/** A piece read at once, of one partition; smaller where many are read side by side. */
export const CHUNK_BYTES_MAX = MIB;
export const CHUNK_BYTES_MIN = 8 * 1024;
/** The largest batch that is looked into, as it is stored. Larger ones are told of and passed over. */
export const BATCH_BYTES_MAX = 32 * MIB;
/** The same for compressed ones, of which two pieces are in memory while they are unpacked. */
export const PACKED_BYTES_MAX = 8 * MIB;
/** What a compressed batch may become without anything else having to make room. */
export const UNPACKED_BYTES_USUAL = 4 * MIB;
/** What it may become at all; while it is unpacked, twice as much is held. */
export const UNPACKED_BYTES_MAX = 20 * MIB;

/** Segment files that one scan has open. */
export const OPEN_FILES_MAX = 32;
/** Pages of one index file that are kept. */
export const INDEX_PAGE_BYTES = 4096;
/** How far behind damage a whole batch is looked for. */
export const RESYNC_BYTES_MAX = 64 * MIB;
/** Unreadable stretches that are listed one by one; the rest is counted. */
export const SKIPS_LISTED_MAX = 50;
