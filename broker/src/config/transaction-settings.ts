/** The settings of transactions and of the topic that keeps them. */
import { int, short } from "./setting.ts";

const MIB = 1_048_576;

export const TRANSACTION_SETTINGS = {
  transactionMaxTimeoutMs: int({
    name: "transaction.max.timeout.ms",
    default: 900_000,
    min: 1,
    unit: "ms",
    doc: "The longest transaction timeout a producer may ask for.",
  }),
  transactionalIdExpirationMs: int({
    name: "transactional.id.expiration.ms",
    default: 604_800_000,
    min: 1,
    unit: "ms",
    doc: "A transactional id that was not used for this long, and has no transaction, is forgotten.",
  }),
  transactionRemoveExpiredTransactionCleanupIntervalMs: int({
    name: "transaction.remove.expired.transaction.cleanup.interval.ms",
    default: 3_600_000,
    min: 1,
    unit: "ms",
    doc: "How often the broker looks for transactional ids that were not used for long.",
  }),
  transactionStateLogNumPartitions: int({
    name: "transaction.state.log.num.partitions",
    default: 50,
    min: 1,
    max: 10_000,
    doc: "Partitions of `__transaction_state`. It counts when the topic is created, and never after.",
  }),
  transactionStateLogReplicationFactor: short({
    name: "transaction.state.log.replication.factor",
    default: -1,
    min: -1,
    except: 0,
    doc: "Replicas of `__transaction_state`; −1 for three, or as many as there are live brokers.",
  }),
  transactionStateLogSegmentBytes: int({
    name: "transaction.state.log.segment.bytes",
    default: 100 * MIB,
    min: MIB,
    unit: "bytes",
    doc: "`segment.bytes` of `__transaction_state`.",
  }),
};
