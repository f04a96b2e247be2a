/**
 * The records that go in, the same for every client and every run, and the form in which they are compared with what comes
 * out. Between them they have every shape that has ever been got wrong: null against empty, binary keys, repeated and
 * valueless headers, compressible and random values.
 */
import { createHash } from "node:crypto";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import type { Bytes, ConsumedRecord, Feature, Header, Lacks, NewRecord } from "./calls.ts";

const DIGEST_FROM_CHARS = 400;

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

const random = seededRandom(2026);
const randomBytes = (length: number): string =>
  Buffer.from(random.bytes(length)).toString("base64");

const keys: readonly Bytes[] = [
  null,
  "",
  base64("key"),
  base64("schlüssel-鍵-🔑"),
  randomBytes(16),
];
const values: readonly Bytes[] = [
  null,
  "",
  base64("v"),
  base64("línea 1\nline 2\u0000\r\n\t"),
  randomBytes(1_000),
  base64("the same words again and again, ".repeat(300)),
  randomBytes(20_000),
];
const headerSets: readonly (readonly Header[])[] = [
  [],
  [["trace", base64("1")]],
  [
    ["twice", base64("a")],
    ["twice", base64("b")],
    ["empty", ""],
    ["größe", base64("名")],
  ],
];
const valuelessHeaders: readonly Header[] = [["absent", null]];
const binaryHeaders: readonly Header[] = [
  ["binary", Buffer.from([0, 1, 0xff, 0x0a, 0x80]).toString("base64")],
];

/** A time of this run, so that no retention rule takes the records away; equal within one process. */
const startMs = Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000;

/**
 * Every key with every value, spread over the partitions, except for what one of the clients cannot send; each timestamp is
 * one second after the one before.
 */
export function dataset(partitions: readonly number[], ...clients: readonly Lacks[]): NewRecord[] {
  const isPossible = (feature: Feature): boolean =>
    clients.every((lacks) => lacks[feature] === undefined);
  const headers = [
    ...headerSets,
    ...(isPossible("header nulls") ? [valuelessHeaders] : []),
    ...(isPossible("header bytes") ? [binaryHeaders] : []),
  ];
  return keys
    .flatMap((key) => values.map((value) => ({ key, value })))
    .filter(({ key, value }) => {
      const isMixed = (key === null && value === "") || (key === "" && value === null);
      const isBlank = key === null && value === null;
      return (
        (!isMixed || isPossible("null beside empty")) &&
        (!isBlank || isPossible("null key and value"))
      );
    })
    .map(({ key, value }, index) => ({
      partition: partitions[index % partitions.length]!,
      key,
      value,
      headers: headers[index % headers.length]!,
      timestamp: startMs + index * 1_000,
    }));
}

/** Small records that differ in their value, `label` and number. */
export function numbered(label: string, count: number, partitions: readonly number[]): NewRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    partition: partitions[index % partitions.length]!,
    key: base64(`${label}-key-${index}`),
    value: base64(`${label}-${index}`),
    headers: [],
    timestamp: startMs + index * 1_000,
  }));
}

/** One record with a random value of this many bytes. */
export function large(bytes: number): NewRecord {
  return { partition: 0, key: null, value: randomBytes(bytes), headers: [], timestamp: startMs };
}

/** What a consumer must hand over for these records, when each partition starts at `firstOffset`. */
export function expected(
  topic: string,
  records: readonly NewRecord[],
  firstOffset = 0,
): ConsumedRecord[] {
  const next = new Map<number, number>();
  return records.map((record) => {
    const offset = next.get(record.partition) ?? firstOffset;
    next.set(record.partition, offset + 1);
    return { topic, offset, timestamp: -1, ...record };
  });
}

/**
 * One line per record in the order of partition and offset, long values as their digest: equal lines mean equal bytes, and a
 * difference can be read.
 */
export function lines(records: readonly ConsumedRecord[], hasTimestamps = true): string[] {
  return records
    .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
    .map((record) =>
      [
        `${record.topic}/${record.partition}@${record.offset}`,
        hasTimestamps ? record.timestamp : "",
        show(record.key),
        show(record.value),
        ...record.headers.map(([name, value]) => `${name}=${show(value)}`),
      ].join(" "),
    );
}

function show(bytes: Bytes): string {
  if (bytes === null) {
    return "null";
  }
  if (bytes.length < DIGEST_FROM_CHARS) {
    return `'${bytes}'`;
  }
  const decoded = Buffer.from(bytes, "base64");
  return `sha256:${createHash("sha256").update(decoded).digest("hex")}:${decoded.length}`;
}
