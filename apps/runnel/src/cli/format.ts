/** Numbers, sizes, spans and moments for people. JSON output never goes through here. */

const GROUPED = new Intl.NumberFormat("en-US");

/** `1,234,567`. */
export function formatCount(value: number | bigint): string {
  return GROUPED.format(value);
}

/** `1 record`, `1,234 records`. */
export function formatCounted(count: number | bigint, noun: string): string {
  return `${formatCount(count)} ${noun}${Number(count) === 1 ? "" : "s"}`;
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** `0 B`, `1.5 KiB`, `312 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < SIZES.length - 1) {
    value /= 1024;
    step += 1;
  }
  const digits = step === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${SIZES[step]}`;
}

/** `350 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSpan(spanMs: number): string {
  if (spanMs < 1_000) return `${Math.round(spanMs)} ms`;
  const seconds = spanMs / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** ISO 8601 in UTC with milliseconds; `-` for what is not a time (−1, or out of a date's range). */
export function formatTime(atMs: number): string {
  if (atMs < 0 || Math.abs(atMs) > 8.64e15) return "-";
  return new Date(atMs).toISOString();
}
