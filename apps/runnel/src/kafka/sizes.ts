/** Bytes that partitions take on disk. */
import type { Cluster, ClusterView, Topic } from "./cluster.ts";

/** Bytes on the leader, by partition; without those whose broker does not tell (old, forbidden). */
export async function partitionSizes(
  cluster: Cluster,
  view: ClusterView,
  topic: Topic,
): Promise<ReadonlyMap<number, number>> {
  const sizes = new Map<number, number>();
  const byLeader = Map.groupBy(topic.partitions, ({ leader }) => leader);
  await Promise.all(
    [...byLeader].map(async ([leader, led]) => {
      const broker = view.brokers.get(leader);
      if (broker === undefined) return;
      const partitions = led.map(({ partition }) => partition);
      // Sizes are an extra: whatever goes wrong here, the rest of the answer is worth having.
      const answer = await cluster
        .call("DescribeLogDirs", broker, [{ name: topic.name, partitions }])
        .catch(() => null);
      const found = answer?.results.flatMap((result) => result.topics) ?? [];
      for (const { partitionIndex, partitionSize } of found.flatMap((each) => each.partitions)) {
        sizes.set(partitionIndex, Number(partitionSize));
      }
    }),
  );
  return sizes;
}
