import { describe, expect, test } from "vitest";
import { KeySet } from "./key-set.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("KeySet", () => {
  test("knows each key of each partition once", () => {
    const keys = new KeySet(1_000_000);
    const add = (partition: number, text: string): boolean => {
      const key = bytes(`--${text}--`);
      return keys.add(partition, key, 2, key.length - 2);
    };
    const addAll = (): boolean[] =>
      Array.from({ length: 50_000 }, (_, n) => add(n % 3, `key-${n}`));
    expect(addAll().every((isNew) => isNew)).toBe(true);
    expect(addAll().some((isNew) => isNew)).toBe(false);
    expect(add(1, "key-0")).toBe(true);
    expect(add(0, "")).toBe(true);
    expect(add(0, "")).toBe(false);
    expect(keys.count).toBe(50_002);
  });

  test("says when it is full", () => {
    const keys = new KeySet(2);
    expect(keys.isFull).toBe(false);
    keys.add(0, bytes("a"), 0, 1);
    keys.add(0, bytes("b"), 0, 1);
    expect(keys.isFull).toBe(true);
  });
});
