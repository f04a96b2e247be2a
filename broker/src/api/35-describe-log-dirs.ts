/**
 * DescribeLogDirs (key 35), v1–5: the data folders, what is in them, and how full their disks are.
 *
 * v4 total and usable bytes (KIP-827). Errors: CLUSTER_AUTHORIZATION_FAILED (v3; before, an empty
 * answer), KAFKA_STORAGE_ERROR for a folder that is offline or whose disk does not answer.
 */
import type { ResponseOf } from "@runnel/protocol/api.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { DescribeLogDirsApi } from "@runnel/protocol/messages/35-describe-log-dirs.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import { keyOf } from "#log/log-manager.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";

type DirectoryAnswer = ResponseOf<typeof DescribeLogDirsApi>["results"][number];
type TopicAnswer = NonNullable<DirectoryAnswer["topics"]>[number];

export const describeLogDirs: Handler<typeof DescribeLogDirsApi, DataServices> = {
  api: DescribeLogDirsApi,
  versions: [1, 5],
  async handle(request, services, { principal }) {
    if (!services.authorizer.allows(principal, "describe", "cluster", CLUSTER_RESOURCE)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, results: [] };
    }
    const wanted =
      request.topics === null
        ? null
        : new Map(request.topics.map((one) => [one.topic, new Set(one.partitions)]));
    const names = new Map<string, readonly [topic: string, index: number]>();
    for (const { identity, log } of services.replicas.partitions()) {
      const { topicName, index } = identity;
      if (wanted === null || wanted.get(topicName)?.has(index) === true) {
        names.set(keyOf(log.folder), [topicName, index]);
      }
    }
    const results = await Promise.all(
      services.logs.folders.map(async ({ path, problem, logs }): Promise<DirectoryAnswer> => {
        const offline = { logDir: path, errorCode: ErrorCode.KAFKA_STORAGE_ERROR, topics: [] };
        if (problem !== null) return offline;
        const space = await services.disk.space(path).catch(() => null);
        if (space === null) return offline;
        const topics = new Map<string, { partitionIndex: number; partitionSize: number }[]>();
        for (const [key, log] of logs) {
          const [topic, partitionIndex] = names.get(key) ?? [];
          if (topic === undefined || partitionIndex === undefined) continue;
          const rows = topics.get(topic) ?? [];
          rows.push({ partitionIndex, partitionSize: log.size });
          topics.set(topic, rows);
        }
        return {
          errorCode: ErrorCode.NONE,
          logDir: path,
          topics: [...topics].map(topicAnswer),
          totalBytes: space.totalBytes,
          usableBytes: space.freeBytes,
        };
      }),
    );
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results };
  },
};

function topicAnswer([name, partitions]: readonly [
  string,
  readonly { partitionIndex: number; partitionSize: number }[],
]): TopicAnswer {
  return {
    name,
    partitions: partitions.map((one) => ({ ...one, offsetLag: 0, isFutureKey: false })),
  };
}
