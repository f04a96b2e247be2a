/** From a topic and an index to a partition that is open here, whichever port asks. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { Partition } from "./partition.ts";
import type { ReplicaManager } from "./replica-manager.ts";

export type FoundPartition =
  | { readonly partition: Partition }
  | { readonly partition: null; readonly errorCode: ErrorCode };

/** Calls `work` with a partition; waits for one that is just being opened. */
export function withPartition<T>(
  replicas: Pick<ReplicaManager, "find">,
  topicId: string,
  index: number,
  work: (found: FoundPartition) => T | Promise<T>,
): T | Promise<T> {
  const lookup = replicas.find(topicId, index);
  if (lookup.kind === "open") return work(lookup);
  if (lookup.kind === "absent") return work({ partition: null, errorCode: lookup.errorCode });
  return lookup.ready.then(() => {
    const again = replicas.find(topicId, index);
    if (again.kind === "open") return work(again);
    const errorCode = again.kind === "absent" ? again.errorCode : ErrorCode.NOT_LEADER_OR_FOLLOWER;
    return work({ partition: null, errorCode });
  });
}
