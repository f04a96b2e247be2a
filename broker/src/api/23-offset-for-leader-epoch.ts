/**
 * OffsetForLeaderEpoch (key 23), v2–4: where a leader epoch ends, so that a consumer sees a log that was
 * cut back (KIP-320).
 *
 * Errors: TOPIC_AUTHORIZATION_FAILED, UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER,
 * FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetForLeaderEpochApi } from "@runnel/protocol/messages/23-offset-for-leader-epoch.ts";
import { leaderEpochError } from "#replica/fetch.ts";
import type { FoundPartition } from "#replica/lookup.ts";
import type { DataServices } from "./data-services.ts";
import type { Handler } from "./handler.ts";
import { all, topicByName, withPartition } from "./partition-lookup.ts";

interface Answer {
  readonly errorCode: ErrorCode;
  readonly partition: number;
  readonly leaderEpoch?: number;
  readonly endOffset?: number;
}

interface Asked {
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly leaderEpoch: number;
}

export const offsetForLeaderEpoch: Handler<typeof OffsetForLeaderEpochApi, DataServices> = {
  api: OffsetForLeaderEpochApi,
  versions: [2, 4],
  async handle(request, services, context) {
    const topics = request.topics.map(async ({ topic, partitions }) => {
      const found = topicByName(services, context, "describe", topic);
      const answers = partitions.map((asked): Answer | Promise<Answer> => {
        if (found.topic === null) return { errorCode: found.errorCode, partition: asked.partition };
        return withPartition<Answer>(services, found.topic.id, asked.partition, (lookup) =>
          endOfEpoch(asked, lookup),
        );
      });
      return { topic, partitions: await all(answers) };
    });
    return { throttleTimeMs: 0, topics: await Promise.all(topics) };
  },
};

function endOfEpoch(asked: Asked, lookup: FoundPartition): Answer {
  if (lookup.partition === null) {
    return { errorCode: lookup.errorCode, partition: asked.partition };
  }
  const { log, leaderEpoch } = lookup.partition;
  const errorCode = leaderEpochError(asked.currentLeaderEpoch, leaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { errorCode, partition: asked.partition };
  const end = log.epochs.endOf(asked.leaderEpoch, log.logEndOffset);
  return {
    errorCode,
    partition: asked.partition,
    leaderEpoch: end.epoch,
    endOffset: end.endOffset,
  };
}
