/** Partitions of a histogram as layers of one another, as many as can be told apart. */
import type { Histogram } from "@runnel/contracts/events.ts";

/** Partitions with a layer of their own; the others are one more. */
export const OWN_LAYERS_MAX = 4;
/** Topics with more partitions are not counted by them: the answer alone would be a megabyte. */
export const PARTITIONS_MAX = 64;

export interface Layer {
  /** Null for all the others together. */
  readonly partition: number | null;
  readonly counts: readonly number[];
  /** Partitions in it. */
  readonly size: number;
}

/** In the order of partitions, the others last; one layer where partitions were not counted. */
export function layersOf({ buckets, partitions }: Histogram): readonly Layer[] {
  if (partitions === null || partitions.length < 2) {
    const counts = buckets.map(({ count }) => count);
    return [{ partition: partitions?.[0]?.partition ?? null, counts, size: 1 }];
  }
  const sized = partitions.map(({ partition, counts }) => ({
    partition,
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
  }));
  const hasRest = sized.length > OWN_LAYERS_MAX + 1;
  const largest = hasRest
    ? sized
        .toSorted((a, b) => b.total - a.total || a.partition - b.partition)
        .slice(0, OWN_LAYERS_MAX)
    : sized;
  const own = largest
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ partition, counts }): Layer => ({ partition, counts, size: 1 }));
  if (!hasRest) return own;
  const rest = sized.filter((one) => !largest.includes(one));
  return [
    ...own,
    {
      partition: null,
      counts: buckets.map((_, bucket) =>
        rest.reduce((sum, { counts }) => sum + (counts[bucket] ?? 0), 0),
      ),
      size: rest.length,
    },
  ];
}

/** Heights of a bar's layers, of 100, from the ground up. A bar that is not empty can be seen. */
export function heightsOf(
  counts: readonly number[],
  max: number,
  leastHeight: number,
): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return counts.map(() => 0);
  const height = Math.max(leastHeight, (total / max) * 100);
  return counts.map((count) => (count / total) * height);
}

const GAP = 0.1;

/** The bars of one layer as a path of rectangles, a unit wide each; `isIn` says which. */
export function layerPath(
  layers: readonly Layer[],
  at: number,
  max: number,
  leastHeight: number,
  isIn: (bucket: number) => boolean,
): string {
  const parts: string[] = [];
  for (const bucket of layers[at]?.counts.keys() ?? []) {
    if (!isIn(bucket)) continue;
    const counts = layers.map((layer) => layer.counts[bucket] ?? 0);
    const heights = heightsOf(counts, max, leastHeight);
    const height = heights[at] ?? 0;
    if (height === 0) continue;
    const below = heights.slice(0, at).reduce((sum, one) => sum + one, 0);
    const top = 100 - below - height;
    parts.push(
      `M${(bucket + GAP).toFixed(1)} ${top.toFixed(2)}h${1 - 2 * GAP}v${height.toFixed(2)}h-${1 - 2 * GAP}z`,
    );
  }
  return parts.join("");
}
