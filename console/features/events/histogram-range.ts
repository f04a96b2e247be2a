/** Stretches of time in a histogram: marked by mouse or keyboard, made longer or shorter. */

export interface Marking {
  /** Where it began and where it is now, as indexes of buckets. */
  readonly anchor: number;
  readonly cursor: number;
}

/** In ms; `to` is not included. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Where buckets lie in time. */
export interface BucketScale {
  readonly fromMs: number;
  readonly widthMs: number;
}

/** From the first marked bucket to behind the last one. */
export function rangeOf({ anchor, cursor }: Marking, { fromMs, widthMs }: BucketScale): TimeSpan {
  const [low, high] = [Math.min(anchor, cursor), Math.max(anchor, cursor)];
  return { from: fromMs + low * widthMs, to: fromMs + (high + 1) * widthMs };
}

/** What a key does to the marking: arrows move, with Shift they extend; null for other keys. */
export function moveMarking(
  marking: Marking | null,
  press: { readonly key: string; readonly shiftKey: boolean },
  count: number,
): Marking | null {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[press.key];
  const edge = { Home: 0, End: count - 1 }[press.key];
  if (step === undefined && edge === undefined) return null;
  const at = marking?.cursor ?? (step === 1 ? -1 : count);
  const cursor = Math.max(0, Math.min(count - 1, edge ?? at + (step ?? 0)));
  return { anchor: press.shiftKey && marking !== null ? marking.anchor : cursor, cursor };
}

export function isInside(marking: Marking | null, bucket: number): boolean {
  if (marking === null) return false;
  const [low, high] = [
    Math.min(marking.anchor, marking.cursor),
    Math.max(marking.anchor, marking.cursor),
  ];
  return bucket >= low && bucket <= high;
}

/** A span is not made shorter than this. */
const SPAN_MS_MIN = 100;

/** The span made longer or shorter, `at` staying where it is on the screen; inside of `limits`. */
export function zoomed(
  { from, to }: TimeSpan,
  factor: number,
  at: number,
  limits: TimeSpan,
): TimeSpan {
  const start = Math.max(limits.from, Math.round(at - (at - from) * factor));
  const end = Math.min(limits.to, Math.round(at + (to - at) * factor));
  return end - start < SPAN_MS_MIN ? { from, to } : { from: start, to: end };
}

/**
 * As far as one may zoom out: the whole as it was last seen, and on to now, as a topic grows on. Where the
 * whole was never seen, everything up to now or to what is in sight.
 */
export function limitsOf(whole: TimeSpan | null, span: TimeSpan, nowMs: number): TimeSpan {
  const { from, to } = whole ?? { from: 0, to: span.to };
  return { from, to: Math.max(to, nowMs) };
}

const FACTOR_PER_PIXEL = 0.002;
const FACTOR_MAX = 2;
/** Wheels that count lines or pages, in pixels. */
const MODE_PIXELS = [1, 16, 400] as const;

/** By how much a turn of the wheel makes a span longer; less than 1: shorter. */
export function wheelFactor({
  deltaY,
  deltaMode,
}: Pick<WheelEvent, "deltaY" | "deltaMode">): number {
  const factor = Math.exp(deltaY * (MODE_PIXELS[deltaMode] ?? 1) * FACTOR_PER_PIXEL);
  return Math.min(FACTOR_MAX, Math.max(1 / FACTOR_MAX, factor));
}
