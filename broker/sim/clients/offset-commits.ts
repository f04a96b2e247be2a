/** How members commit what they read, and what they learn from the answer. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { OffsetCommitApi } from "@runnel/protocol/messages/08-offset-commit.ts";
import type { History, OffsetCommit } from "../history.ts";
import type { WireClient } from "./wire-client.ts";

const TIMEOUT_MS = 5_000;

export interface Committer {
  readonly name: string;
  readonly group: string;
  readonly history: History;
  readonly version: number;
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Of the group, or of the member. */
  readonly epoch: number;
  /** Whether an error says that the commit was refused, and changed nothing. */
  readonly isRefusal: (errorCode: number) => boolean;
}

export interface Committed {
  /** Partitions whose commit was acknowledged, with their offsets. */
  readonly done: ReadonlyMap<string, number>;
  /** The last error; NONE without one, and where there was no answer. */
  readonly errorCode: number;
}

export async function commitOffsets(
  client: WireClient,
  committer: Committer,
  offsets: ReadonlyMap<string, number>,
): Promise<Committed> {
  const { name, group, history, version, memberId, instanceId, epoch, isRefusal } = committer;
  const commits = new Map<string, OffsetCommit>();
  for (const [partition, offset] of offsets) {
    const commit = { process: name, group, partition, offset };
    commits.set(partition, history.invokeCommit(commit));
  }
  const request = {
    groupId: group,
    generationIdOrMemberEpoch: epoch,
    memberId,
    groupInstanceId: instanceId,
    topics: [...offsets].map(([partition, committedOffset]) => {
      const at = partition.lastIndexOf("-");
      const partitionIndex = Number(partition.slice(at + 1));
      return {
        name: partition.slice(0, at),
        partitions: [{ partitionIndex, committedOffset, committedMetadata: "" }],
      };
    }),
  };
  const answer = await client.call(OffsetCommitApi, version, request, { timeoutMs: TIMEOUT_MS });
  const done = new Map<string, number>();
  let problem: number = ErrorCode.NONE;
  for (const { name: topic, partitions } of answer?.topics ?? []) {
    for (const { partitionIndex, errorCode } of partitions) {
      const commit = commits.get(`${topic}-${partitionIndex}`);
      if (commit === undefined) continue;
      if (errorCode === ErrorCode.NONE) {
        history.end(commit, "ok");
        done.set(commit.partition, commit.offset);
      } else {
        history.end(commit, isRefusal(errorCode) ? "fail" : "info");
        problem = errorCode;
      }
    }
  }
  return { done, errorCode: problem };
}
