/** Checks of replica assignments that a client made itself. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { MetadataImage } from "#metadata/image.ts";
import { failed, type Outcome } from "./outcome.ts";

export interface Assignment {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}

export type CheckedAssignments =
  | { readonly assignments: readonly (readonly number[])[] }
  | { readonly outcome: Outcome };

/**
 * Broker ids per partition, from `firstIndex` on. Every partition must have the same number of replicas,
 * `replicationFactor` where it is given, on live brokers, each of them once.
 */
export function checkAssignments(
  image: MetadataImage,
  assignments: readonly Assignment[],
  rules: { readonly firstIndex: number; readonly replicationFactor: number | null },
): CheckedAssignments {
  const byIndex = new Map<number, readonly number[]>();
  for (const { partitionIndex, brokerIds } of assignments) {
    if (byIndex.has(partitionIndex))
      return invalid(`partition ${partitionIndex} is assigned twice`);
    byIndex.set(partitionIndex, brokerIds);
  }
  let factor = rules.replicationFactor;
  const ordered: (readonly number[])[] = [];
  for (let index = rules.firstIndex; ordered.length < byIndex.size; index += 1) {
    const brokerIds = byIndex.get(index);
    if (brokerIds === undefined) {
      return invalid(`partitions are numbered from ${rules.firstIndex} on; ${index} is missing`);
    }
    factor ??= brokerIds.length;
    const problem = problemOf(image, index, brokerIds, factor);
    if (problem !== null) return invalid(problem);
    ordered.push(brokerIds);
  }
  return { assignments: ordered };
}

function problemOf(
  image: MetadataImage,
  index: number,
  brokerIds: readonly number[],
  factor: number,
): string | null {
  if (brokerIds.length === 0) return `partition ${index} has no replica`;
  if (brokerIds.length !== factor) {
    return `partition ${index} has ${brokerIds.length} replicas, the others ${factor}`;
  }
  if (new Set(brokerIds).size !== brokerIds.length) {
    return `partition ${index} has two replicas on one broker`;
  }
  const unknown = brokerIds.find((id) => !image.brokers.has(id));
  return unknown === undefined ? null : `partition ${index}: there is no live broker ${unknown}`;
}

function invalid(message: string): CheckedAssignments {
  return { outcome: failed(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message) };
}
