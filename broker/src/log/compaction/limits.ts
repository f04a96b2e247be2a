/** Every bound of compaction, by name. */

const MIB = 1024 * 1024;

/** The largest batch that is looked into, as it is stored; a log with a larger one is not compacted. */
export const BATCH_BYTES_MAX = 128 * MIB;
/** What a compressed batch may unpack to; one that grows further is kept as it is. */
export const UNPACKED_BYTES_MAX = 256 * MIB;
/** The least that is read at once, whatever `log.cleaner.io.buffer.size` says. */
export const READ_BYTES_MIN = 64 * 1024;
/** A piece of a segment that is copied unchanged. */
export const COPY_BYTES = MIB;
/** Batches below this many bytes are put together before they are written. */
export const PACK_BELOW = 16 * 1024;
/** Bytes of a new segment that are written between two syncs: one sync of all would hold up appends. */
export const SYNC_BYTES = 8 * MIB;
/** Room that is left on the disk beside a new segment: it belongs to appends. */
export const FREE_BYTES_MIN = 64 * MIB;
/** Aborted transactions that one pass knows of; with more it goes only as far as these reach. */
export const ABORTED_MAX = 500_000;

/** How long the thread works without a pause, ms; and with one when the event loop is late. */
export const TURN_MS = 8;
export const PRESSED_TURN_MS = 2;
/** Of the time, the thread works at most this share; less while the event loop is late. */
export const CPU_SHARE_MAX = 0.8;
export const PRESSED_SHARE_MAX = 0.25;
/** The longest rest, ms: behind it the thread says that it is still there. */
export const REST_MS_MAX = 30_000;
/** How often it is looked whether the event loop is late, during a pass, ms. */
export const PRESSURE_LOOK_MS = 50;
/** At every so many of these looks it is also looked at all logs, for appends that wait. */
export const APPENDS_LOOK_EVERY = 4;
/** From this lateness on the thread leaves processors to the loop, ms. */
export const LATE_MS = 5;

/** Between two messages of progress, ms. */
export const PROGRESS_MS = 250;
/** A thread that says nothing for so long is ended with its pass, ms. */
export const SILENT_MS_MAX = 120_000;
/** After a failure that may pass, such as a full disk, a log is left alone for so long, ms. */
export const RETRY_MS = 60_000;
