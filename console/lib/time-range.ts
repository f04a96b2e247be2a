/** Stretches of time to look at: the last so long, or from one instant to another. */

export const SPANS = {
  "15m": 900_000,
  "1h": 3_600_000,
  "6h": 21_600_000,
  "24h": 86_400_000,
  "7d": 604_800_000,
  "30d": 2_592_000_000,
} as const;
export type Span = keyof typeof SPANS;

export const SPAN_NAMES = Object.keys(SPANS) as readonly Span[];

export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const RANGE = /^(\d{1,15})-(\d{1,15})$/;

/** `1h`, or `FROM-TO` in ms; null for what is neither. */
export function parseRange(text: string): Span | TimeRange | null {
  if (Object.hasOwn(SPANS, text)) return text as Span;
  const [, from, to] = RANGE.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  return from !== undefined && range.from < range.to ? range : null;
}

export function printRange(range: Span | TimeRange): string {
  return typeof range === "string" ? range : `${Math.floor(range.from)}-${Math.ceil(range.to)}`;
}

/** In instants; what ends now is moved to whole steps, so that a question is the same for a while. */
export function resolveRange(range: Span | TimeRange, now: number, stepMs = 10_000): TimeRange {
  if (typeof range !== "string") return range;
  const to = Math.ceil(now / stepMs) * stepMs;
  return { from: to - SPANS[range], to };
}
