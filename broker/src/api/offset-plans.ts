/** Offsets that a client commits, sorted out: those that go to the coordinator, and what refuses others. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { OffsetToCommit } from "#coordinator/group/events.ts";
import type { TopicInfo } from "#coordinator/ports.ts";

/** What becomes of one partition: an error, or the place of its offset among those to commit. */
export interface OffsetPlan {
  readonly errorCode?: ErrorCode;
  readonly index?: number;
}

/** One partition of OffsetCommit or TxnOffsetCommit. */
export interface CommittedPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

/** Appends what may be committed of `topic` to `offsets`; a plan for each partition, in their order. */
export function planOffsets(
  topic: TopicInfo | undefined,
  partitions: readonly CommittedPartition[],
  offsets: OffsetToCommit[],
): readonly OffsetPlan[] {
  return partitions.map((entry) => {
    const { partitionIndex: partition } = entry;
    if (topic === undefined || partition < 0 || partition >= topic.partitionCount) {
      return { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
    }
    const index = offsets.push({
      topic: topic.name,
      topicId: topic.topicId,
      partition,
      offset: entry.committedOffset,
      leaderEpoch: entry.committedLeaderEpoch,
      metadata: entry.committedMetadata ?? "",
    });
    return { index: index - 1 };
  });
}

/** What the client is told of a partition; `errorCodes` are those of the offsets to commit. */
export function plannedCode(
  plan: OffsetPlan | undefined,
  errorCodes: readonly ErrorCode[],
): ErrorCode {
  return plan?.errorCode ?? errorCodes[plan?.index ?? -1] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
}
