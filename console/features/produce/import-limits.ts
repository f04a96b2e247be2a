/** What a file of records may be; apart from what reads it, which the page does not load. */

/** The largest file: it is held in memory, with all of its records. */
export const IMPORT_BYTES_MAX: number = 64 * 1_024 * 1_024;
export const IMPORT_EVENTS_MAX = 100_000;
