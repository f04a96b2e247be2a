import { expect, test } from "vitest";
import { hashKey } from "./key-hash.ts";
import { KeyMap } from "./key-map.ts";

const utf8 = new TextEncoder();

function hashOf(bytes: Uint8Array, seed: number): number[] {
  const hash = new Int32Array(4);
  const padded = new Uint8Array(bytes.length + 6);
  padded.set(bytes, 3);
  hashKey(padded, 3, 3 + bytes.length, seed, hash);
  return [...hash];
}

test("hashKey() is MurmurHash3_x86_128", () => {
  // From the package mmh3 5 of Python, x64arch=False.
  const known: readonly (readonly [string, number, readonly number[]])[] = [
    ["", 0, [0, 0, 0, 0]],
    ["a", 0, [-1483435204, 1431744539, 1431744539, 1431744539]],
    ["order", 0, [-1291267452, 1996979383, 160940804, 160940804]],
    ["order-12345", 7, [-73670493, 1337234784, -788424530, 690162561]],
    ["exactly-16-bytes", 1, [-1678871544, -537398812, -1377155290, -116720712]],
    ["exactly-16-bytes and 13 m", 0xffffffff, [193020673, 1506557457, -692822878, -646045135]],
  ];
  for (const [text, seed, words] of known) expect(hashOf(utf8.encode(text), seed)).toEqual(words);
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(hashOf(all, 12345)).toEqual([1966946390, 160624218, 2016614434, 2039820859]);
});

function mapOf(keysMax: number, bytesMax = 1024 * 1024): KeyMap {
  return new KeyMap({ bytesMax, keysMax, loadFactor: 0.9, seed: 99 });
}

function put(map: KeyMap, key: string, offset: number): boolean {
  const bytes = utf8.encode(key);
  return map.put(bytes, 0, bytes.length, offset);
}

function get(map: KeyMap, key: string): number {
  const bytes = utf8.encode(key);
  return map.get(bytes, 0, bytes.length);
}

test("a map keeps the newest offset of each key, and knows no others", () => {
  const map = mapOf(10_000);
  const model = new Map<string, number>();
  for (let offset = 0; offset < 30_000; offset += 1) {
    const key = `k${(offset * 7919) % 9_973}`;
    expect(put(map, key, offset)).toBe(true);
    model.set(key, offset);
  }
  put(map, "k1", 3);
  expect(map.size).toBe(model.size);
  for (const [key, offset] of model) expect(get(map, key)).toBe(offset);
  expect(get(map, "k9973")).toBe(-1);
  expect(get(map, "")).toBe(-1);
});

test("a full map takes no new key, and known ones further on", () => {
  const map = mapOf(1_000_000, 24 * 100);
  let count = 0;
  while (put(map, `k${count}`, count)) count += 1;
  expect(count).toBe(map.capacity);
  expect(map.capacity).toBeGreaterThan(80);
  expect(map.capacity).toBeLessThan(100);
  expect(put(map, "k0", 500)).toBe(true);
  expect(get(map, "k0")).toBe(500);
  expect(get(map, `k${count}`)).toBe(-1);
});

test("a map is no larger than its keys need, and has room for one in any case", () => {
  expect(mapOf(5).capacity).toBeGreaterThanOrEqual(5);
  expect(mapOf(5).capacity).toBeLessThan(20);
  expect(mapOf(0, 0).capacity).toBeGreaterThanOrEqual(1);
  expect(mapOf(1_000_000, 24 * 1_000_000).capacity).toBeGreaterThan(890_000);
});
