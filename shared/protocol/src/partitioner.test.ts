import { expect, test } from "vitest";
import { murmur2, partitionOfKey } from "./partitioner.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("murmur2() gives Kafka's own hashes", () => {
  const known: readonly (readonly [key: string, hash: number])[] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [key, hash] of known) expect([key, murmur2(bytes(key))]).toEqual([key, hash]);
});

test("partitionOfKey() clears the sign as Java's toPositive does", () => {
  expect(partitionOfKey(bytes("21"), 7)).toBe((-973932308 & 0x7fffffff) % 7);
  expect(partitionOfKey(new Uint8Array(0), 1)).toBe(0);
});
