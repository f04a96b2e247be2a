/** Numbers, sizes and times as people read them: one form everywhere. */

const NUMBER = new Intl.NumberFormat("en-US");
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** With thousands separators; "–" for null. */
export function formatCount(value: number | null): string {
  return value === null ? "–" : NUMBER.format(value).replace("-", "−");
}

/** `1 topic`, `1,204 topics`. */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** At most four significant characters: `1.2M`. */
export function formatCompact(value: number): string {
  return Math.abs(value) < 10_000 ? NUMBER.format(round(value)) : COMPACT.format(value);
}

/** In binary units, three digits: `1.21 MiB`. */
export function formatBytes(bytes: number | null): string {
  if (bytes === null) return "–";
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${bytes < 0 ? "−" : ""}${value.toFixed(digits)} ${UNITS[unit]}`;
}

const SPANS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** The two largest units of a span: `2 d 3 h`, `4.2 s`, `12 ms`. */
export function formatSpan(ms: number): string {
  const span = Math.abs(ms);
  if (span < 1_000) return `${Math.round(span)} ms`;
  if (span < 10_000) return `${(span / 1_000).toFixed(1).replace(/\.0$/, "")} s`;
  const index = SPANS.findIndex(([, size]) => span >= size);
  const [unit, size] = SPANS[index] ?? SPANS[3];
  const count = Math.floor(span / size);
  const [nextUnit, nextSize] = SPANS[index + 1] ?? ["", 0];
  const rest = nextSize === 0 ? 0 : Math.floor((span - count * size) / nextSize);
  return rest === 0 ? `${count} ${unit}` : `${count} ${unit} ${rest} ${nextUnit}`;
}

/** How long ago, or how far ahead: `12 s ago`, `in 3 min`. */
export function formatRelative(at: number, now: number): string {
  const ms = now - at;
  if (Math.abs(ms) < 1_000) return "now";
  const index = SPANS.findIndex(([, size]) => Math.abs(ms) >= size);
  const [unit, size] = SPANS[index] ?? SPANS[3];
  const count = Math.floor(Math.abs(ms) / size);
  return ms > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** `local`, or a time zone by its name. */
export type Zone = string;

const formatters = new Map<string, Intl.DateTimeFormat>();
const FORMATTERS_MAX = 32;

function formatterOf(zone: Zone): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  const made = new Intl.DateTimeFormat("en-CA", {
    ...(zone === "local" ? {} : { timeZone: zone }),
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  });
  formatters.set(zone, made);
  return made;
}

export interface TimeParts {
  readonly date: string;
  readonly clock: string;
  readonly ms: string;
}

/** For programs, in UTC: `2026-11-24T05:37:32.123Z`; the number itself where no date can say it. */
export function formatIso(at: number): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
}

/** ISO order, 24 hours, in the zone: `2026-11-24`, `05:37:32`, `123`; null where it is no time. */
export function timeParts(at: number, zone: Zone): TimeParts | null {
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return null;
  const parts = new Map(
    formatterOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  return {
    date: `${get("year")}-${get("month")}-${get("day")}`,
    clock: `${get("hour")}:${get("minute")}:${get("second")}`,
    ms: get("fractionalSecond"),
  };
}

/** `2026-11-24 05:37:32.123`; the number itself where it is no time. */
export function formatTime(at: number, zone: Zone): string {
  const parts = timeParts(at, zone);
  return parts === null ? String(at) : `${parts.date} ${parts.clock}.${parts.ms}`;
}

/** The age of what is not read yet; "–" where nobody knows. */
export function formatLag(lag: { readonly seconds: number | null } | null): string {
  const seconds = lag?.seconds ?? null;
  return seconds === null ? "–" : formatSpan(seconds * 1_000);
}

const NO_LIMIT = "-1";

/** A setting in ms as text; 64-bit numbers that mean "for ever" as such. */
export function formatRetention(ms: string): string {
  if (ms === NO_LIMIT || ms.length > 15) return "for ever";
  return formatSpan(Number(ms));
}

function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
