/**
 * The settings of a topic: Kafka's names and defaults, but `flush.messages` (durable before the answer).
 * The broker settings behind them (`log.retention.hours` …) are derived from these rows.
 */
import {
  bool,
  double,
  INT_MAX,
  int,
  LONG_MAX,
  list,
  long,
  type Served,
  type Setting,
  type ValuesOf,
  word,
} from "./setting.ts";

const HOUR_MS = 3_600_000;
const NO_TIERS = "tiered storage is not built yet";
const NO_REPLICATION = "replication is not built yet";

const only = (value: string, because: string): Served => ({ values: [value], because });

const STORAGE = {
  cleanupPolicy: list({
    name: "cleanup.policy",
    default: "delete",
    values: ["delete", "compact"],
    synonyms: [["log.cleanup.policy", 1]],
    doc: "What happens to old records: `delete` drops whole segments by age and size, `compact` keeps the newest record of every key and takes none without a key; with both, what is compacted goes by age and size, too.",
  }),
  compressionType: word({
    name: "compression.type",
    default: "producer",
    values: ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"],
    synonyms: [["compression.type", 1]],
    doc: "The codec in which batches are stored; `producer` keeps what the producer chose. Where a batch comes in another, the broker packs it anew, which costs it processor time.",
  }),
  flushMessages: long({
    name: "flush.messages",
    default: 1,
    min: 1,
    synonyms: [["log.flush.interval.messages", 1]],
    doc: "Records after which the log is synced to disk. 1 syncs before every acknowledgement (many appends share one sync); the largest value leaves it to the operating system, and a power cut may then take acknowledged records.",
  }),
  flushMs: long({
    name: "flush.ms",
    default: LONG_MAX,
    min: 0,
    unit: "ms",
    synonyms: [["log.flush.interval.ms", 1]],
    doc: "The longest time that a record may stay in memory alone before the log is synced.",
  }),
  indexIntervalBytes: int({
    name: "index.interval.bytes",
    default: 4_096,
    min: 0,
    unit: "bytes",
    synonyms: [["log.index.interval.bytes", 1]],
    doc: "Bytes of records between two entries of the offset index.",
  }),
  preallocate: bool({
    name: "preallocate",
    default: false,
    served: only("false", "segment files are not laid out in advance yet"),
    synonyms: [["log.preallocate", 1]],
    doc: "Whether the file of a new segment is created at its full size.",
  }),
  segmentBytes: int({
    name: "segment.bytes",
    default: 1_073_741_824,
    min: 1_048_576,
    unit: "bytes",
    synonyms: [["log.segment.bytes", 1]],
    doc: "Size at which a segment is closed and the next one begun. Retention drops whole segments.",
  }),
  segmentIndexBytes: int({
    name: "segment.index.bytes",
    default: 10_485_760,
    min: 4,
    unit: "bytes",
    synonyms: [["log.index.size.max.bytes", 1]],
    doc: "The largest size of an index file; a full index closes its segment.",
  }),
  segmentJitterMs: long({
    name: "segment.jitter.ms",
    default: 0,
    min: 0,
    unit: "ms",
    synonyms: [
      ["log.roll.jitter.ms", 1],
      ["log.roll.jitter.hours", HOUR_MS],
    ],
    doc: "Up to this much is taken off `segment.ms`, another part for every segment, so that they do not all close at once.",
  }),
  segmentMs: long({
    name: "segment.ms",
    default: 168 * HOUR_MS,
    min: 1,
    unit: "ms",
    synonyms: [
      ["log.roll.ms", 1],
      ["log.roll.hours", HOUR_MS],
    ],
    doc: "Age at which a segment is closed even if it is small, so that retention can reach it.",
  }),
};

const RETENTION = {
  deleteRetentionMs: long({
    name: "delete.retention.ms",
    default: 24 * HOUR_MS,
    min: 0,
    unit: "ms",
    synonyms: [["log.cleaner.delete.retention.ms", 1]],
    doc: "How long a compacted topic keeps the mark that a key was deleted (a record without a value), from the first pass that met it on: consumers that are further behind than this may miss it.",
  }),
  fileDeleteDelayMs: long({
    name: "file.delete.delay.ms",
    default: 60_000,
    min: 0,
    unit: "ms",
    synonyms: [["log.segment.delete.delay.ms", 1]],
    doc: "How long files of a dropped segment stay on disk for readers that are still on them.",
  }),
  maxCompactionLagMs: long({
    name: "max.compaction.lag.ms",
    default: LONG_MAX,
    min: 1,
    unit: "ms",
    synonyms: [["log.cleaner.max.compaction.lag.ms", 1]],
    doc: "The longest time for which a record may escape compaction, whatever its share of the log: a segment is closed for it.",
  }),
  minCleanableDirtyRatio: double({
    name: "min.cleanable.dirty.ratio",
    default: 0.5,
    min: 0,
    max: 1,
    synonyms: [["log.cleaner.min.cleanable.ratio", 1]],
    doc: "Share of not yet compacted bytes from which on a log is compacted.",
  }),
  minCompactionLagMs: long({
    name: "min.compaction.lag.ms",
    default: 0,
    min: 0,
    unit: "ms",
    synonyms: [["log.cleaner.min.compaction.lag.ms", 1]],
    doc: "The shortest time for which a record is safe from compaction, by its timestamp.",
  }),
  retentionBytes: long({
    name: "retention.bytes",
    default: -1,
    min: -1,
    unit: "bytes",
    synonyms: [["log.retention.bytes", 1]],
    doc: "Size of a partition above which its oldest segments are dropped; −1 for no limit.",
  }),
  retentionMs: long({
    name: "retention.ms",
    default: 168 * HOUR_MS,
    min: -1,
    unit: "ms",
    synonyms: [
      ["log.retention.ms", 1],
      ["log.retention.minutes", 60_000],
      ["log.retention.hours", HOUR_MS],
    ],
    doc: "Age of its newest record at which a segment is dropped; −1 for no limit.",
  }),
};

const RECORDS = {
  maxMessageBytes: int({
    name: "max.message.bytes",
    default: 1_048_588,
    min: 0,
    unit: "bytes",
    synonyms: [["message.max.bytes", 1]],
    doc: "The largest record batch that is taken, as it was sent (that is, compressed).",
  }),
  messageTimestampAfterMaxMs: long({
    name: "message.timestamp.after.max.ms",
    default: HOUR_MS,
    min: 0,
    unit: "ms",
    synonyms: [["log.message.timestamp.after.max.ms", 1]],
    doc: "How far a record's timestamp may lie ahead of the broker's clock.",
  }),
  messageTimestampBeforeMaxMs: long({
    name: "message.timestamp.before.max.ms",
    default: LONG_MAX,
    min: 0,
    unit: "ms",
    synonyms: [["log.message.timestamp.before.max.ms", 1]],
    doc: "How far a record's timestamp may lie behind the broker's clock.",
  }),
  messageTimestampType: word({
    name: "message.timestamp.type",
    default: "CreateTime",
    values: ["CreateTime", "LogAppendTime"],
    synonyms: [["log.message.timestamp.type", 1]],
    doc: "Whether a record bears the time at which it was made or the time at which it was appended.",
  }),
};

const REPLICATION = {
  followerReplicationThrottledReplicas: list({
    name: "follower.replication.throttled.replicas",
    default: "",
    isEmptyAllowed: true,
    served: only("", NO_REPLICATION),
    doc: "Replicas (`partition:broker`, or `*`) whose fetching is throttled.",
  }),
  leaderReplicationThrottledReplicas: list({
    name: "leader.replication.throttled.replicas",
    default: "",
    isEmptyAllowed: true,
    served: only("", NO_REPLICATION),
    doc: "Replicas (`partition:broker`, or `*`) that are served to followers at a throttled rate.",
  }),
  minInsyncReplicas: int({
    name: "min.insync.replicas",
    default: 1,
    min: 1,
    synonyms: [["min.insync.replicas", 1]],
    doc: "Replicas that must be in sync for a write with `acks=all`; more than the topic has count as all of them.",
  }),
  uncleanLeaderElectionEnable: bool({
    name: "unclean.leader.election.enable",
    default: false,
    served: only("false", NO_REPLICATION),
    synonyms: [["unclean.leader.election.enable", 1]],
    doc: "Whether a replica that may lack acknowledged records can become leader when no other is left.",
  }),
};

const LEVELS = {
  compressionGzipLevel: int({
    name: "compression.gzip.level",
    default: -1,
    min: -1,
    max: 9,
    except: 0,
    synonyms: [["compression.gzip.level", 1]],
    doc: "Level for `compression.type` gzip; −1 for the library's own.",
  }),
  compressionLz4Level: int({
    name: "compression.lz4.level",
    default: 9,
    min: 1,
    max: 17,
    served: only("9", "the broker packs lz4 at one level"),
    synonyms: [["compression.lz4.level", 1]],
    doc: "Level for `compression.type` lz4.",
  }),
  compressionZstdLevel: int({
    name: "compression.zstd.level",
    default: 3,
    min: -131_072,
    max: 22,
    synonyms: [["compression.zstd.level", 1]],
    doc: "Level for `compression.type` zstd.",
  }),
};

const TIERS = {
  localRetentionBytes: long({
    name: "local.retention.bytes",
    default: -2,
    min: -2,
    unit: "bytes",
    served: only("-2", NO_TIERS),
    doc: "Size that stays on local disk with tiered storage; −2 for `retention.bytes`.",
  }),
  localRetentionMs: long({
    name: "local.retention.ms",
    default: -2,
    min: -2,
    unit: "ms",
    served: only("-2", NO_TIERS),
    doc: "Age up to which segments stay on local disk with tiered storage; −2 for `retention.ms`.",
  }),
  remoteStorageEnable: bool({
    name: "remote.storage.enable",
    default: false,
    served: only("false", NO_TIERS),
    doc: "Whether closed segments move to an object store.",
  }),
};

const BROWSING = {
  runnelKeyIndexEnable: bool({
    name: "runnel.key.index.enable",
    default: true,
    synonyms: [["runnel.key.index.enable", 1]],
    doc: "Whether keys are indexed beside the log, so that all events of a key are found with few reads. It takes about 8 bytes an event, and never the time of an append; without it, or before it is made, a search for a key reads its partition.",
  }),
};

export const TOPIC_SETTINGS = {
  ...STORAGE,
  ...RETENTION,
  ...RECORDS,
  ...REPLICATION,
  ...LEVELS,
  ...TIERS,
  ...BROWSING,
};

/** What a topic's settings come to, parsed: override, else the broker's value, else the default. */
export type TopicConfig = ValuesOf<typeof TOPIC_SETTINGS>;

/** All rows of topic scope by name, sorted. */
export const TOPIC_SETTINGS_BY_NAME: ReadonlyMap<string, Setting> = new Map(
  Object.values<Setting>(TOPIC_SETTINGS)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((setting) => [setting.name, setting]),
);

/** The broker settings behind the topic settings: all of them can change while the broker runs. */
export function topicDefaultSettings(): readonly Setting[] {
  return Object.values<Setting>(TOPIC_SETTINGS).flatMap((topic) => {
    const last = topic.synonyms.length - 1;
    return topic.synonyms.map(({ name, factor }, index) =>
      factor === 1
        ? broker(topic, name, index === last ? topic.default : null)
        : scaled(topic, name, factor),
    );
  });
}

function broker(topic: Setting, name: string, initial: string | null): Setting {
  return {
    ...topic,
    name,
    default: initial,
    isDynamic: true,
    synonyms: [],
    doc: `Default of the topic setting \`${topic.name}\`. ${topic.doc}`,
    parse(text) {
      const result = topic.parse(text);
      if (!("problem" in result)) return result;
      return { problem: `${name}${result.problem.slice(topic.name.length)}` };
    },
  };
}

/** A default in minutes or hours; where several are set, the one with the finest unit counts. */
function scaled(topic: Setting, name: string, factor: number): Setting {
  const isLast = topic.synonyms.at(-1)?.name === name;
  const min = name.startsWith("log.retention") ? -1 : name.includes("jitter") ? 0 : 1;
  const initial = isLast && topic.default !== null ? Number(topic.default) / factor : null;
  const { served } = topic;
  const values = served?.values.map((value) => String(Number(value) / factor)) ?? [];
  return int({
    name,
    default: initial,
    min,
    max: INT_MAX,
    unit: factor === HOUR_MS ? "hours" : "minutes",
    isDynamic: true,
    ...(served === null ? {} : { served: { values, because: served.because } }),
    doc: `Default of the topic setting \`${topic.name}\`, where no finer unit is set.`,
  });
}
