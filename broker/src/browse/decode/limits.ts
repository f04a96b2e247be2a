/** How much of a payload is looked at. */

/** Bytes beyond which JSON is known by its brackets alone, and MessagePack is not looked for. */
export const CHECKED_BYTES_MAX = 4 * 1024 * 1024;
/** Bytes at the begin by which text with foreign bytes in it is told from binary data. */
export const SAMPLE_BYTES_MAX = 4_096;
/** Arrays and maps of MessagePack inside each other. */
export const PACK_DEPTH_MAX = 128;
