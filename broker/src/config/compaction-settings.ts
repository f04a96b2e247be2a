/** The settings of compaction, a part of the broker's table. */
import { bool, double, INT_MAX, int, long } from "./setting.ts";

const MIB = 1_048_576;

export const COMPACTION_SETTINGS = {
  logCleanerEnable: bool({
    name: "log.cleaner.enable",
    default: true,
    doc: "Whether compacted topics are compacted. Without it they keep all their records, those of the broker itself as well.",
  }),
  logCleanerThreads: int({
    name: "log.cleaner.threads",
    default: 1,
    min: 1,
    served: { values: ["1"], because: "one thread compacts, one log at a time" },
    doc: "Threads that compact.",
  }),
  logCleanerBackoffMs: long({
    name: "log.cleaner.backoff.ms",
    default: 15_000,
    min: 1,
    max: INT_MAX,
    unit: "ms",
    doc: "How often it is looked whether a log is to be compacted, while none is.",
  }),
  logCleanerDedupeBufferSize: long({
    name: "log.cleaner.dedupe.buffer.size",
    default: 128 * MIB,
    min: MIB,
    max: 4_096 * MIB,
    unit: "bytes",
    doc: "Memory in which a pass learns keys, 24 bytes for each, and no more than it needs. A pass with more keys goes as far as they fit; the next one goes on there.",
  }),
  logCleanerIoBufferLoadFactor: double({
    name: "log.cleaner.io.buffer.load.factor",
    default: 0.9,
    min: 0.1,
    max: 0.95,
    doc: "Share of that memory that is filled: more of it takes more keys, and more time for each.",
  }),
  logCleanerIoBufferSize: int({
    name: "log.cleaner.io.buffer.size",
    default: 524_288,
    min: 65_536,
    max: 64 * MIB,
    unit: "bytes",
    doc: "Bytes of a segment that a pass reads at once; a batch that is larger is read whole.",
  }),
  logCleanerIoMaxBytesPerSecond: double({
    name: "log.cleaner.io.max.bytes.per.second",
    default: Number.MAX_VALUE,
    min: 1,
    max: Number.MAX_VALUE,
    doc: "Bytes that compaction reads and writes a second, at most. Without this limit it works four fifths of the time in a thread of low priority, and a quarter of it while appends wait or the broker is busy.",
  }),
};
