/** Timestamps and durations: reading, writing, taking apart. All times are UTC. */
import type { CelFunction } from "./text-functions.ts";
import { Duration, Failure, type Result, Timestamp } from "./values.ts";

const SECOND = 1_000_000_000n;
const MILLISECOND = 1_000_000n;
/** 0001-01-01 and the end of 9999, as the specification bounds them. */
const TIMESTAMP_MIN = -62_135_596_800n * SECOND;
const TIMESTAMP_MAX = 253_402_300_800n * SECOND - 1n;
/** Ten thousand years. */
const DURATION_MAX = 315_576_000_000n * SECOND;

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["h", 3600n * SECOND],
  ["m", 60n * SECOND],
  ["s", SECOND],
  ["ms", MILLISECOND],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["ns", 1n],
]);

const noTime = new Failure("a timestamp is written 2026-05-01T10:00:00Z, between years 1 and 9999");
const noSpan = new Failure("a duration is written 1h30m, 250ms or -1.5s, up to 10,000 years");

/** A timestamp within its range, else a failure. */
export function timestamp(nanos: bigint): Result {
  return nanos >= TIMESTAMP_MIN && nanos <= TIMESTAMP_MAX ? new Timestamp(nanos) : noTime;
}

/** A duration within its range, else a failure. */
export function duration(nanos: bigint): Result {
  return nanos >= -DURATION_MAX && nanos <= DURATION_MAX ? new Duration(nanos) : noSpan;
}

const TIME = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

export function parseTimestamp(text: string): Result {
  const [, whole = "", fraction = "", zone = ""] = TIME.exec(text) ?? [];
  const ms = Date.parse(whole + zone);
  if (Number.isNaN(ms)) return noTime;
  return timestamp(BigInt(ms) * MILLISECOND + BigInt(fraction.padEnd(9, "0")));
}

export function parseDuration(text: string): Result {
  const parts = /^([+-]?)((?:\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|ms|s|m|h)){1,8})$/.exec(text);
  if (parts === null) return text === "0" ? new Duration(0n) : noSpan;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of (parts[2] ?? "").matchAll(
    /(\d+)(?:\.(\d+))?([a-zµ]+)/g,
  )) {
    const scale = UNITS.get(unit) ?? 0n;
    nanos += BigInt(whole) * scale;
    if (fraction !== "") nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
  }
  return duration(parts[1] === "-" ? -nanos : nanos);
}

export function printTimestamp({ nanos }: Timestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const whole = new Date(Number((nanos - fraction) / MILLISECOND)).toISOString().slice(0, 19);
  return `${whole}${printFraction(fraction)}Z`;
}

export function printDuration({ nanos }: Duration): string {
  const magnitude = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? "-" : "";
  return `${sign}${magnitude / SECOND}${printFraction(magnitude % SECOND)}s`;
}

function printFraction(nanos: bigint): string {
  return nanos === 0n ? "" : `.${String(nanos).padStart(9, "0").replace(/0+$/, "")}`;
}

export const TIME_METHODS: Readonly<Record<string, CelFunction>> = {
  getFullYear: onDate((date) => date.getUTCFullYear()),
  getMonth: onDate((date) => date.getUTCMonth()),
  getDate: onDate((date) => date.getUTCDate()),
  getDayOfMonth: onDate((date) => date.getUTCDate() - 1),
  getDayOfWeek: onDate((date) => date.getUTCDay()),
  getDayOfYear: onDate((date) => {
    return Math.floor((date.getTime() - startOfYear(date)) / 86_400_000);
  }),
  getHours: onBoth((date) => date.getUTCHours(), 3600n * SECOND),
  getMinutes: onBoth((date) => date.getUTCMinutes(), 60n * SECOND),
  getSeconds: onBoth((date) => date.getUTCSeconds(), SECOND),
  getMilliseconds: onBoth((date) => date.getUTCMilliseconds(), MILLISECOND),
};

function startOfYear(date: Date): number {
  return new Date(date).setUTCMonth(0, 1) - (date.getTime() % 86_400_000);
}

function dateOf({ nanos }: Timestamp): Date {
  const rest = ((nanos % MILLISECOND) + MILLISECOND) % MILLISECOND;
  return new Date(Number((nanos - rest) / MILLISECOND));
}

function onDate(part: (date: Date) => number): CelFunction {
  return {
    counts: [1],
    run: ([value]) => (value instanceof Timestamp ? BigInt(part(dateOf(value))) : undefined),
  };
}

/** A part of a date, or how often `unit` fits into a duration. */
function onBoth(part: (date: Date) => number, unit: bigint): CelFunction {
  return {
    counts: [1],
    run: ([value]) => {
      if (value instanceof Timestamp) return BigInt(part(dateOf(value)));
      return value instanceof Duration ? value.nanos / unit : undefined;
    },
  };
}
