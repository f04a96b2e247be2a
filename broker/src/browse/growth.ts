/** Partitions that a topic gets while somebody follows it. */
import type { MetadataImage, MetadataView } from "#metadata/image.ts";
import { withPartition } from "#replica/lookup.ts";
import type { Partition } from "#replica/partition.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";
import { PARTITIONS_MAX } from "./limits.ts";
import { type EventQuery, planPartitions } from "./query.ts";

export interface GrowthWorld {
  readonly view: MetadataView;
  readonly replicas: Pick<ReplicaManager, "find">;
}

/** What is followed already. */
export interface Followed {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

/** Calls its argument with each partition from now on; returns how to stop it. */
export type WatchGrowth = (add: (partition: Partition) => void) => () => void;

/**
 * Watches for partitions that `query` wants besides those in `followed`, once they are open here. With more
 * partitions a key goes to another one: then that is wanted, too. In all there are at most PARTITIONS_MAX.
 */
export function growthOf(
  { view, replicas }: GrowthWorld,
  query: Pick<EventQuery, "partitions" | "condition">,
  { topicId, partitions }: Followed,
): WatchGrowth {
  return (add) => {
    const known = new Set(partitions);
    let isStopped = false;
    const look = (image: MetadataImage): void => {
      const count = image.topicsById.get(topicId)?.partitions.length ?? 0;
      for (const index of planPartitions(query, count).partitions) {
        if (known.has(index) || index >= count || known.size >= PARTITIONS_MAX) continue;
        known.add(index);
        void withPartition(replicas, topicId, index, ({ partition }) => {
          if (partition !== null && !isStopped) add(partition);
        });
      }
    };
    const unsubscribe = view.subscribe((_previous, next, { topicIds }) => {
      if (topicIds.has(topicId)) look(next);
    });
    look(view.image);
    return () => {
      isStopped = true;
      unsubscribe();
    };
  };
}
