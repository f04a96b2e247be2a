/** What became of a reset, and what is left of it. */
import type { OffsetChange, ResetRequest } from "@runnel/contracts/groups.ts";

export interface ResetOutcome {
  /** Partitions that go on elsewhere now. */
  readonly movedCount: number;
  /** Those that were to stay, as they had been in the preview. */
  readonly keptCount: number;
  /** Those that should have moved. */
  readonly failed: readonly OffsetChange[];
}

const nameOf = ({ topic, partition }: OffsetChange): string => `${topic}/${partition}`;

/** Changes that the preview already said would not be made are no failures. */
export function outcomeOf(
  changes: readonly OffsetChange[],
  preview: readonly OffsetChange[],
): ResetOutcome {
  const foreseen = new Set(refusedOf(preview).map(nameOf));
  const refused = refusedOf(changes);
  const failed = refused.filter((change) => !foreseen.has(nameOf(change)));
  const moved = changes.filter(
    ({ error, before, after }) => error === null && after.offset !== before.offset,
  );
  return { movedCount: moved.length, keptCount: refused.length - failed.length, failed };
}

/** Partitions of a preview that would not be moved, for a reason that it names. */
export function refusedOf(changes: readonly OffsetChange[]): readonly OffsetChange[] {
  return changes.filter(({ error }) => error !== null);
}

/** The same reset, of the partitions that failed and no others: what moved must not move twice. */
export function restOf(request: ResetRequest, failed: readonly OffsetChange[]): ResetRequest {
  if (request.to.kind === "offsets") {
    const names = new Set(failed.map(nameOf));
    const offsets = request.to.offsets.filter((one) => names.has(`${one.topic}/${one.partition}`));
    return { to: { kind: "offsets", offsets } };
  }
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of failed) {
    topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  }
  return {
    to: request.to,
    scope: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
  };
}
