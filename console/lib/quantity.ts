/** Amounts in units that people think in, and back to the text of a setting without loss. */

export interface Unit {
  readonly name: string;
  /** In the base unit. */
  readonly size: bigint;
}

export const DURATIONS: readonly Unit[] = [
  { name: "ms", size: 1n },
  { name: "s", size: 1_000n },
  { name: "min", size: 60_000n },
  { name: "h", size: 3_600_000n },
  { name: "d", size: 86_400_000n },
];

export const SIZES: readonly Unit[] = [
  { name: "B", size: 1n },
  { name: "KiB", size: 1_024n },
  { name: "MiB", size: 1_048_576n },
  { name: "GiB", size: 1_073_741_824n },
  { name: "TiB", size: 1_099_511_627_776n },
];

const WHOLE = /^-?\d{1,19}$/;

export interface Amount {
  readonly count: string;
  readonly unit: Unit;
}

/** In the largest unit that leaves no rest; other texts stay what they are, in the base unit. */
export function toAmount(text: string, units: readonly Unit[]): Amount {
  const base = units[0] as Unit;
  if (!WHOLE.test(text) || BigInt(text) <= 0n) return { count: text, unit: base };
  const value = BigInt(text);
  const unit = units.findLast(({ size }) => value % size === 0n) ?? base;
  return { count: String(value / unit.size), unit };
}

/** The text of the setting: fractions become whole base units, negative numbers stay special values. */
export function fromAmount({ count, unit }: Amount): string {
  const text = count.trim();
  if (WHOLE.test(text)) return BigInt(text) < 0n ? text : String(BigInt(text) * unit.size);
  if (!/^\d{1,12}\.\d{1,6}$/.test(text)) return text;
  return String(Math.round(Number(text) * Number(unit.size)));
}

/** For people: `7 d`, `1 GiB`, `for ever`. */
export function describeAmount(text: string, units: readonly Unit[]): string {
  if (text === "-1" || text === "9223372036854775807") return "no limit";
  const { count, unit } = toAmount(text, units);
  return `${count} ${unit.name}`;
}
