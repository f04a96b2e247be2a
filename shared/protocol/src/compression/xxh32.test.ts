import { expect, test } from "vitest";
import { xxh32 } from "./xxh32.ts";

test("xxh32() gives the known hashes, for every path through the tail", () => {
  const text = new TextEncoder();
  expect(xxh32(text.encode(""))).toBe(0x02cc5d05);
  expect(xxh32(text.encode("a"))).toBe(0x550d7456);
  expect(xxh32(text.encode("abc"))).toBe(0x32d153ff);
  expect(xxh32(text.encode("Nobody inspects the spammish repetition"))).toBe(0xe2293b2f);
});

test("xxh32() hashes a range", () => {
  const bytes = new TextEncoder().encode("..Nobody inspects the spammish repetition...");
  expect(xxh32(bytes, 2, bytes.length - 3)).toBe(0xe2293b2f);
});
