/** How many events a topic has by time. */
import type { Histogram } from "@runnel/contracts/events.ts";
import { histogramQueryOf } from "./event-query.ts";
import { coverageOf, refusing } from "./events.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { topicFor } from "./topic-view.ts";

export async function getHistogram(
  { params, query, caller, signal }: Call<"getHistogram">,
  services: V1Services,
): Promise<Histogram> {
  topicFor(services, caller, "read", params.topic);
  const asked = histogramQueryOf(params.topic, query);
  const browse = await services.browse();
  const found = await refusing(() => browse.histogram(asked, signal));
  const { fromMs, widthMs, bucketCount, partitions } = found;
  const buckets = Array.from({ length: bucketCount }, (_, bucket) => ({
    count: partitions.reduce((sum, { counts }) => sum + (counts[bucket] ?? 0), 0),
    isExact: partitions.every(({ areExact }) => areExact[bucket] === true),
  }));
  return {
    fromMs,
    widthMs,
    total: buckets.reduce((sum, { count }) => sum + count, 0),
    isExact: partitions.every(({ isTotalExact }) => isTotalExact),
    buckets,
    partitions:
      query.byPartition === true
        ? partitions.map(({ partition, counts }) => ({ partition, counts: [...counts] }))
        : null,
    coverage: coverageOf(found.coverage),
  };
}
