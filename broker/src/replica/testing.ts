/** What tests of partitions share. */
import { CONFIG } from "#log/testing.ts";
import type { PartitionConfig } from "./partition.ts";

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
