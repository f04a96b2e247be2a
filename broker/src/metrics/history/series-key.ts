/** What tells series apart: a metric, a statistic of it, and the member of a family that it is of. */
import { utf8Length } from "@runnel/kit/byte-writer.ts";
import { crc32c } from "@runnel/kit/crc32c.ts";

/** What of a metric is kept: a counter's rate a second, a gauge's value, a histogram's percentiles. */
export type Statistic = "rate" | "value" | "p50" | "p99";

export interface SeriesKey {
  readonly metric: string;
  readonly statistic: Statistic;
  /** The label's value; null for a metric without label, and for the sum of the rest. */
  readonly member: string | null;
  /** Whether this is the sum of all members that have no series of their own. */
  readonly isRest: boolean;
}

const STATISTICS: ReadonlySet<string> = new Set<Statistic>(["rate", "value", "p50", "p99"]);
/** Bytes that the directory has for a key; members with longer names are in the rest. */
export const KEY_BYTES_MAX = 500;

/** The key as text: `metric:statistic`, then `{*}` for the rest or `{=member}`. Reversible. */
export function keyText({ metric, statistic, member, isRest }: SeriesKey): string {
  const name = `${metric}:${statistic}`;
  if (isRest) return `${name}{*}`;
  return member === null ? name : `${name}{=${member}}`;
}

/** The key that `text` stands for; null where it is none. */
export function parseKey(text: string): SeriesKey | null {
  const match = /^([A-Za-z0-9_]+):([a-z0-9]+)(?:\{(\*|=[^]*)\})?$/.exec(text);
  const [, metric, statistic, label] = match ?? [];
  if (metric === undefined || statistic === undefined || !STATISTICS.has(statistic)) return null;
  const isRest = label === "*";
  const member = label === undefined || isRest ? null : label.slice(1);
  return { metric, statistic: statistic as Statistic, member, isRest };
}

export function fitsDirectory(text: string): boolean {
  return text.length <= KEY_BYTES_MAX && utf8Length(text) <= KEY_BYTES_MAX;
}

const utf8 = new TextEncoder();

/**
 * A number made from the key, never 0, that stands beside every stored value: what another series left
 * in a column is then not taken for this one's.
 */
export function tagOf(text: string): number {
  return crc32c(utf8.encode(text)) || 1;
}
