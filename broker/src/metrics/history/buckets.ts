/** Ranges of time as buckets of equal length: which ring they come from, and what each comes to. */
import type { Summary } from "./block.ts";
import type { HistoryLayout, RingLayout } from "./layout.ts";

/** A span of wall time in ms, `to` not in it, in at most `points` buckets (two or more). */
export interface BucketRequest {
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

export interface BucketPlan {
  readonly ring: RingLayout;
  /** Wall ms at which the first bucket begins: a multiple of `stepMs`, so that charts do not shift. */
  readonly from: number;
  /** Length of a bucket: a multiple of the ring's slots. */
  readonly stepMs: number;
  readonly count: number;
}

/**
 * The coarse ring where buckets are as long as its slots or the fine one does not reach back so far,
 * else the fine ring.
 */
export function planBuckets(
  layout: HistoryLayout,
  { from, to, points }: BucketRequest,
  nowMs: number,
): BucketPlan {
  const { fine, coarse } = layout;
  const fineSpanMs = fine.blocks * fine.slotsPerBlock * fine.slotMs;
  const wantedMs = (to - from) / Math.max(points - 1, 1);
  const isFine = wantedMs < coarse.slotMs && from >= nowMs - fineSpanMs - coarse.slotMs;
  const ring = isFine ? fine : coarse;
  const stepMs = Math.max(1, Math.ceil(wantedMs / ring.slotMs)) * ring.slotMs;
  const start = Math.floor(from / stepMs) * stepMs;
  const count = Math.min(Math.ceil((to - start) / stepMs), points);
  return { ring, from: start, stepMs, count };
}

/** One series in buckets; null where a bucket has no value. The mean is that of the slots' means. */
export interface BucketedSeries {
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export class Buckets {
  readonly #plan: BucketPlan;
  readonly #mins: Float64Array;
  readonly #maxs: Float64Array;
  readonly #sums: Float64Array;
  readonly #counts: Uint32Array;

  constructor(plan: BucketPlan) {
    this.#plan = plan;
    this.#mins = new Float64Array(plan.count).fill(Number.POSITIVE_INFINITY);
    this.#maxs = new Float64Array(plan.count).fill(Number.NEGATIVE_INFINITY);
    this.#sums = new Float64Array(plan.count);
    this.#counts = new Uint32Array(plan.count);
  }

  /** Counts the value of one slot, by its number, in the bucket that holds it. */
  add(slot: number, { min, mean, max }: Readonly<Summary>): void {
    const { ring, from, stepMs, count } = this.#plan;
    const at = Math.floor((slot * ring.slotMs - from) / stepMs);
    if (at < 0 || at >= count) return;
    this.#mins[at] = Math.min(this.#mins[at] as number, min);
    this.#maxs[at] = Math.max(this.#maxs[at] as number, max);
    this.#sums[at] = (this.#sums[at] as number) + mean;
    this.#counts[at] = (this.#counts[at] as number) + 1;
  }

  finish(): BucketedSeries {
    const each = (value: (at: number) => number): (number | null)[] =>
      Array.from(this.#counts, (count, at) => (count === 0 ? null : value(at)));
    return {
      min: each((at) => this.#mins[at] as number),
      mean: each((at) => (this.#sums[at] as number) / (this.#counts[at] as number)),
      max: each((at) => this.#maxs[at] as number),
    };
  }
}
