/** What is known of a segment beforehand, so that a scan need not read all of it. */
import type { Place, SegmentSource } from "./segment-source.ts";

/** A part of a segment in which only some batches can match. */
export interface Stretch {
  readonly start: Place;
  /** Behind its last batch. */
  readonly end: Place;
  /** Where those batches begin, in order. */
  readonly positions: Int32Array;
}

/** Stretches in order, apart from each other; what lies between them must be read. */
export type SegmentPlan = readonly Stretch[];

export interface Planner {
  /** The plan for a segment; empty where nothing is known of it. */
  planFor(source: SegmentSource): Promise<SegmentPlan>;
}

/** The next thing to read. */
export type Step<Bound> =
  /** Go on at `place`: what lies between cannot match. */
  | { readonly kind: "jump"; readonly place: Place }
  /** Read one batch there; its first offset is not known. */
  | { readonly kind: "batch"; readonly position: number }
  /** Read batch by batch, up to the bound. */
  | { readonly kind: "all"; readonly bound: Bound };

/** Batches within a piece from which on the piece is read as a whole. */
const DENSE_COUNT = 16;

/** What to read behind `place`, in a segment of `size` bytes that is read in pieces of `chunkBytes`. */
export function stepForward(
  plan: SegmentPlan,
  place: Place,
  { size, chunkBytes }: { readonly size: number; readonly chunkBytes: number },
): Step<number> {
  const { position } = place;
  const stretch = plan.find(({ end }) => position < end.position);
  if (stretch === undefined) return { kind: "all", bound: size };
  if (position < stretch.start.position) return { kind: "all", bound: stretch.start.position };
  const { positions, end } = stretch;
  const first = countBelow(positions, position);
  const next = positions[first];
  if (next === undefined) return { kind: "jump", place: end };
  const isDense = countBelow(positions, next + chunkBytes) - first >= DENSE_COUNT;
  if (isDense && next === position) return { kind: "all", bound: end.position };
  return { kind: "batch", position: next };
}

/**
 * What to read in front of `behind`, of a segment that is read in pieces of `chunkBytes`; the bound is null
 * for the start of the segment.
 */
export function stepBackward(
  plan: SegmentPlan,
  behind: Place,
  chunkBytes: number,
): Step<Place | null> {
  const { position } = behind;
  const stretch = plan.findLast(({ start }) => start.position < position);
  if (stretch === undefined) return { kind: "all", bound: null };
  if (position > stretch.end.position) return { kind: "all", bound: stretch.end };
  const { positions, start } = stretch;
  const count = countBelow(positions, position);
  const last = positions[count - 1];
  if (last === undefined) return { kind: "jump", place: start };
  const isDense = count - countBelow(positions, position - chunkBytes) >= DENSE_COUNT;
  if (isDense) return { kind: "all", bound: start };
  return { kind: "batch", position: last };
}

/** How many of sorted numbers are below `value`. */
function countBelow(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
