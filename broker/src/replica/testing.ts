/** What tests of partitions share. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { CONFIG } from "#log/testing.ts";
import type { PartitionConfig } from "./partition.ts";
import type { TransactionGate } from "./ports.ts";

/** The settings of a partition where a test asks for nothing special. */
export const PARTITION_CONFIG: PartitionConfig = {
  ...CONFIG,
  maxMessageBytes: 100_000,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  minInsyncReplicas: 1,
  compressionType: "producer",
  compressionGzipLevel: -1,
  compressionZstdLevel: 3,
};

/** A coordinator that knows no transaction. */
export const NO_GATE: TransactionGate = {
  admit: () => Promise.resolve(ErrorCode.INVALID_TXN_STATE),
};
