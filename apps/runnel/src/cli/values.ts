/** Values of flags. Each parser throws `UsageError` that names the flag and says what is allowed. */
import { UsageError } from "./failure.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;
const DEFAULT_KAFKA_PORT = 9092;
const BOOTSTRAP_ADDRESSES_MAX = 100;
const PARTITIONS_MAX = 100_000;

/** A whole number from `min` to `max`, both included. */
export function parseInteger(
  text: string,
  flag: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
  throw new UsageError(`${flag}: "${text}" is not a whole number ${range}`);
}

/** `HOST:PORT`, `[IPV6]:PORT`; without a port, `defaultPort` where there is one. */
export function parseAddress(text: string, flag: string, defaultPort?: number): HostPort {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port === undefined || port > PORT_MAX) {
    throw new UsageError(`${flag}: "${text}" is not HOST:PORT`);
  }
  return { host, port };
}

/** Addresses joined by commas; the port is 9092 where none is named. */
export function parseBootstrap(text: string, flag: string): readonly HostPort[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.length > BOOTSTRAP_ADDRESSES_MAX) {
    throw new UsageError(`${flag}: at most ${BOOTSTRAP_ADDRESSES_MAX} addresses`);
  }
  return items.map((item) => parseAddress(item, flag, DEFAULT_KAFKA_PORT));
}

/** `0,2,5-7` as distinct numbers in ascending order. */
export function parsePartitions(text: string, flag: string): readonly number[] {
  const found = new Set<number>();
  for (const item of text.split(",")) {
    const match = /^\s*(\d{1,6})(?:-(\d{1,6}))?\s*$/.exec(item);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last >= PARTITIONS_MAX) {
      throw new UsageError(`${flag}: "${text}" is not a list of partitions such as 0,2,5-7`);
    }
    for (let partition = first; partition <= last; partition += 1) found.add(partition);
  }
  return [...found].sort((a, b) => a - b);
}

/** `name=value`; the value may hold more `=` and may be empty. */
export function parsePair(text: string, flag: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new UsageError(`${flag}: "${text}" is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** One of `allowed`, in any case. */
export function parseChoice<Choice extends string>(
  text: string,
  flag: string,
  allowed: readonly Choice[],
): Choice {
  const wanted = text.toLowerCase();
  const choice = allowed.find((candidate) => candidate.toLowerCase() === wanted);
  if (choice !== undefined) return choice;
  throw new UsageError(`${flag}: "${text}" is none of ${allowed.join(", ")}`);
}

/** For commander: a flag that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), value];
}
