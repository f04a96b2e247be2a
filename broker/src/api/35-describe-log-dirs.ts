/**
 * DescribeLogDirs (key 35), v1–5: the data folder, what is in it, and how full its disk is.
 *
 * v4 total and usable bytes (KIP-827). Errors: CLUSTER_AUTHORIZATION_FAILED (v3; before, an empty
 * answer), KAFKA_STORAGE_ERROR where the disk does not answer.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeLogDirsApi } from "@runnel/protocol/messages/35-describe-log-dirs.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";

export const describeLogDirs: Handler<typeof DescribeLogDirsApi, DataServices> = {
  api: DescribeLogDirsApi,
  versions: [1, 5],
  async handle(request, services, { principal }) {
    const { authorizer, replicas, disk, dataFolder } = services;
    if (!authorizer.allows(principal, "describe", "cluster", CLUSTER_RESOURCE)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, results: [] };
    }
    const wanted =
      request.topics === null
        ? null
        : new Map(request.topics.map((one) => [one.topic, new Set(one.partitions)]));
    const topics = new Map<string, { partitionIndex: number; partitionSize: number }[]>();
    for (const { identity, log } of replicas.partitions()) {
      const { topicName, index } = identity;
      if (wanted !== null && wanted.get(topicName)?.has(index) !== true) continue;
      const rows = topics.get(topicName) ?? [];
      rows.push({ partitionIndex: index, partitionSize: log.size });
      topics.set(topicName, rows);
    }
    const space = await disk.space(dataFolder).catch(() => null);
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      results: [
        {
          errorCode: space === null ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE,
          logDir: dataFolder,
          topics: [...topics].map(([name, partitions]) => ({
            name,
            partitions: partitions.map((one) => ({ ...one, offsetLag: 0, isFutureKey: false })),
          })),
          totalBytes: space?.totalBytes,
          usableBytes: space?.freeBytes,
        },
      ],
    };
  },
};
