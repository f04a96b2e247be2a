/** Spans and sizes as people write them in files and flags: `7d`, `64MiB`. The wire has plain numbers. */
import type { Setting, Unit } from "./setting.ts";

const TIMES: ReadonlyMap<string, bigint> = new Map([
  ["ms", 1n],
  ["s", 1_000n],
  ["m", 60_000n],
  ["h", 3_600_000n],
  ["d", 86_400_000n],
]);

const SIZES: ReadonlyMap<string, bigint> = new Map([
  ["B", 1n],
  ["KiB", 1n << 10n],
  ["MiB", 1n << 20n],
  ["GiB", 1n << 30n],
  ["TiB", 1n << 40n],
  ["kB", 10n ** 3n],
  ["MB", 10n ** 6n],
  ["GB", 10n ** 9n],
  ["TB", 10n ** 12n],
]);

/** What one of a setting's own unit is in ms or bytes. */
const OWN: Readonly<Record<Unit, bigint>> = {
  ms: 1n,
  minutes: 60_000n,
  hours: 3_600_000n,
  bytes: 1n,
};

/** `text` as a plain number of the setting's unit where it bears one; unchanged where it does not. */
export function expandUnits(setting: Setting, text: string): string {
  const match = /^\s*(\d{1,19})\s*([A-Za-z]+)\s*$/.exec(text);
  if (match === null || setting.unit === null) return text;
  const factor = (setting.unit === "bytes" ? SIZES : TIMES).get(match[2] as string);
  if (factor === undefined) return text;
  const total = BigInt(match[1] as string) * factor;
  const own = OWN[setting.unit];
  // What is no whole number of the unit stays as it is and is refused with the rest.
  return total % own === 0n ? String(total / own) : text;
}
