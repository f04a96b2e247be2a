/** How much of a payload is looked at and shown. */

/** @public Characters of one payload in a list. */
export const PREVIEW_LENGTH_MAX = 1_024;
/** @public Characters of one payload that is looked at alone. */
export const DETAIL_LENGTH_MAX = 1024 * 1024;
/** Bytes beyond which JSON is known by its brackets alone, and MessagePack is not looked for. */
export const CHECKED_BYTES_MAX = 4 * 1024 * 1024;
/** Bytes at the begin by which text with foreign bytes in it is told from binary data. */
export const SAMPLE_BYTES_MAX = 4_096;
/** Arrays and maps of MessagePack inside each other. */
export const PACK_DEPTH_MAX = 128;
