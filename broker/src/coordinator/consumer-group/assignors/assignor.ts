/** What an assignor is given, and what it gives; pure functions of what they are given. */
import type { Partitions } from "../partitions.ts";

export interface AssignorMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  /** Ids of topics that are there, ascending; the same array for members that ask for the same. */
  readonly topicIds: readonly string[];
  /** Its part of the last target. */
  readonly current: Partitions;
}

export interface AssignorInput {
  /** Each id once. */
  readonly members: readonly AssignorMember[];
  /** Of every topic that a member names. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

/**
 * The new target by member id, with an entry for every member; every partition of a topic that somebody
 * asks for goes to exactly one of those who do.
 */
export type Assignor = (input: AssignorInput) => ReadonlyMap<string, Partitions>;
