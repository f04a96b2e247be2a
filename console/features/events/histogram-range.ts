/** A stretch of buckets that is being marked, by mouse or by keyboard. */

export interface Marking {
  /** Where it began and where it is now, as indexes of buckets. */
  readonly anchor: number;
  readonly cursor: number;
}

/** From the first marked bucket to behind the last one, in ms. */
export function rangeOf(
  { anchor, cursor }: Marking,
  { fromMs, widthMs }: { readonly fromMs: number; readonly widthMs: number },
): { readonly from: number; readonly to: number } {
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

/** A range around its middle, longer or shorter. */
export function zoomed(
  { from, to }: { readonly from: number; readonly to: number },
  factor: number,
  at: number,
): { readonly from: number; readonly to: number } {
  const start = Math.round(at - (at - from) * factor);
  const end = Math.round(at + (to - at) * factor);
  return end - start < 2 ? { from, to } : { from: Math.max(0, start), to: end };
}
