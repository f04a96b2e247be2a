/** Where axes have their marks: at values that people would choose. */
import type { Zone } from "./format.ts";
import type { Unit } from "./units.ts";
import { instantOf, wallClock } from "./wall-clock.ts";

const VALUE_STEPS = 4;
const TIME_STEPS = 6;
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
/** In seconds; beyond them in days, by 1, 2 and 5. */
const SPANS_S = [1, 2, 5, 10, 15, 30].flatMap((count) => [count, count * MINUTE_S]);
const STEPS_S = [...SPANS_S, ...[1, 2, 3, 6, 12].map((count) => count * HOUR_S)].sort(
  (a, b) => a - b,
);

/** From 0 to at least `max`, in about four steps. */
export function valueTicks(max: number, unit: Unit): readonly number[] {
  const step = stepOf(Math.max(0, max) / VALUE_STEPS, unit);
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** The least good step that is no less than `least`. */
function stepOf(least: number, unit: Unit): number {
  switch (unit) {
    case "bytes":
    case "bytes/s":
      return least <= 1 ? 1 : 2 ** Math.ceil(Math.log2(least));
    case "seconds":
      return least <= 0.5 ? decimalStep(least) : spanStep(least);
    case "count":
      return Math.max(1, decimalStep(least));
    case "1/s":
    case "seconds/s":
      return decimalStep(least);
  }
}

function decimalStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(12));
}

function spanStep(leastSeconds: number): number {
  const known = STEPS_S.find((step) => step >= leastSeconds);
  return known ?? decimalStep(leastSeconds / DAY_S) * DAY_S;
}

/** Whole minutes, hours or days of the zone between two times, in about six steps. */
export function timeTicks(from: number, to: number, zone: Zone): readonly number[] {
  const step = spanStep(Math.max(1, (to - from) / TIME_STEPS / 1_000)) * 1_000;
  const start = wallClock(from, zone);
  const first = Math.ceil(start / step) * step;
  // Steps of up to an hour divide what clocks are moved by, and the hour that comes twice has its own.
  if (step <= HOUR_S * 1_000) return range(first - start + from, to, step);
  return range(first, wallClock(to, zone), step)
    .map((wall) => instantOf(wall, zone))
    .filter((tick, index, ticks) => tick >= from && tick <= to && tick !== ticks[index - 1]);
}

function range(first: number, last: number, step: number): readonly number[] {
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}
