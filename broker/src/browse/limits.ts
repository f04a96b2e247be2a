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

/** Bytes of messages of one job that its client has not taken yet; then the job waits. */
export const OUTSTANDING_BYTES_MAX = MIB;
/** Bytes of events, or how long they may be kept, before they go out together. */
export const EVENTS_BYTES_DUE = 64 * 1024;
/** Between two messages of progress, ms. */
export const PROGRESS_MS = 250;
/** How long code in a thread goes on without a turn for messages, ms. */
export const TURN_MS = 8;

/** How often it is looked whether the event loop is late, while threads have jobs, ms. */
export const PRESSURE_LOOK_MS = 50;
/** From this lateness on jobs leave processors to the loop, ms. */
export const LATE_MS = 3;
/** Their turns are then this short, ms, and behind each they rest: they work a third of the time. */
export const PRESSED_TURN_MS = 2;
export const PRESSED_PAUSE_MS = 4;

/** A thread that has jobs is asked this often whether it is there, ms. */
export const PING_MS = 1_000;
/** One that stays silent this long is ended, with its jobs: a filter does not come to an end. */
export const SILENT_MS_MAX = 10_000;
/** A thread without jobs ends after this long, and the memory it holds goes with it. */
export const THREAD_IDLE_MS = 30_000;
/** Scans at once, each in a thread of its own. */
export const SCANS_AT_ONCE = 2;
/** Scans that wait; what comes on top is refused. */
export const SCANS_WAITING_MAX = 32;
/** How often a scan that waits says so, ms. */
export const WAITING_TOLD_MS = 5_000;
/** A scan whose client takes nothing for so long is ended, ms: others wait for its thread. */
export const SCAN_STALLED_MS_MAX = 30_000;
/** What each position in a message of progress counts for until it is taken, bytes. */
export const POSITION_BYTES = 32;
/** Partitions that one message of progress tells of. */
export const PARTITIONS_TOLD_MAX = 64;

/** Partitions that one scan reads side by side. */
export const PARTITIONS_MAX = 1_000;

/** Live tails at once; what comes on top is refused. All of them share one thread. */
export const TAILS_MAX = 32;
/** How soon after an append a tail looks at it, so that many appends are one look, ms. */
export const TAIL_PAUSE_MS = 50;
/** A tail that is further behind leaves out what lies between, by events of one partition. */
export const TAIL_BEHIND_MAX = 100_000;
/** How many of the newest it then looks at. */
export const TAIL_REJOIN_EVENTS = 1_000;
/** A piece that a tail reads at once, of one partition. */
export const TAIL_CHUNK_BYTES = 256 * 1024;
/** Bytes of segment files that one tail keeps in memory: all of them look at once when their thread is late. */
export const TAIL_CHUNKS_BYTES_MAX = 2 * MIB;
/** Between two messages of a tail that say where it is, ms. */
export const TAIL_PROGRESS_MS = 1_000;
/** A tail without events says where it is this often, so that nobody between takes it for dead, ms. */
export const TAIL_HEARTBEAT_MS = 15_000;
/** A tail whose client takes nothing for so long is ended, ms. */
export const TAIL_STALLED_MS_MAX = 60_000;
/** A tail ends after this long; its client may go on with its cursor. */
export const TAIL_MS_MAX = 60 * 60 * 1000;

/** Buckets of a histogram. */
export const BUCKETS_MAX = 120;
/** Cuts that an index leaves open, of all partitions together, for which headers are read. */
export const CUTS_REFINED_MAX = 8_192;
/** A piece that is read at once where headers are looked for. */
export const HEADER_CHUNK_BYTES = 64 * 1024;

/** Keys in one run of a key index, about; they are sorted in memory, 8 bytes each. */
export const RUN_ENTRIES_MAX = 512 * 1024;
/** Bytes of the log that one run covers, about. */
export const RUN_BYTES_MAX = 64 * MIB;
/** A piece that indexing reads at once. */
export const INDEX_CHUNK_BYTES = 256 * 1024;
/** Bytes of an active segment that are indexed together; what is behind is scanned. */
export const INDEX_BYTES_DUE = 8 * MIB;
/** A closed segment below so many bytes is scanned rather than indexed. */
export const INDEX_SEGMENT_BYTES_MIN = 64 * 1024;
/** Keys that are looked up for one search; with more, everything is read. */
export const KEYS_MAX = 64;
/** Batches of one segment that a look-up reads one by one; with more, it reads the whole. */
export const CANDIDATES_MAX = 65_536;
/** Of the time, indexing works at most this share. */
export const INDEX_CPU_SHARE_MAX = 0.25;
/** How often it is looked whether something is to be indexed, ms. */
export const INDEX_INTERVAL_MS = 2_000;
/** How often it is looked whether appends wait, while something is being indexed, ms. */
export const INDEX_WATCH_MS = 100;
/** With less room on the disk nothing is indexed: it belongs to appends. */
export const INDEX_FREE_BYTES_MIN = 512 * MIB;
/** After a failure, such as a full disk, nothing is indexed for so long, ms. */
export const INDEX_RETRY_MS = 60_000;

/** Keys that a search for the latest of each can tell apart; 16 MiB at most. */
export const LATEST_KEYS_MAX = 1_500_000;
