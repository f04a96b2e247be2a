import { describe, expect, test } from "vitest";
import { SmallWrites } from "./small-writes.ts";

/** Writes that take `tookMs.value` of a clock that nothing else moves. */
function setUp() {
  const now = { ms: 1000 };
  const took = { ms: 0.01 };
  let failure: Error | null = null;
  const writes = new SmallWrites(
    () => now.ms,
    (_descriptor, parts) => {
      now.ms += took.ms;
      if (failure !== null) throw failure;
      return parts.reduce((sum, part) => sum + part.byteLength, 0);
    },
  );
  const fail = (error: Error): void => {
    failure = error;
  };
  return { now, took, writes, fail };
}

const part = (length: number): Uint8Array => new Uint8Array(length);

describe("SmallWrites", () => {
  test("takes() counts all parts together", () => {
    const { writes } = setUp();
    expect(writes.takes([part(16 * 1024)])).toBe(true);
    expect(writes.takes([part(16 * 1024), part(1)])).toBe(false);
    expect(writes.write(1, [part(3), part(4)], 0)).toBe(7);
  });

  test("a write that took long sends the next ones through the pool for a while", () => {
    const { now, took, writes } = setUp();
    took.ms = 5;
    writes.write(1, [part(1)], 0);
    expect(writes.takes([part(1)])).toBe(false);
    now.ms += 249;
    expect(writes.takes([part(1)])).toBe(false);
    now.ms += 1;
    expect(writes.takes([part(1)])).toBe(true);
  });

  test("a write that failed after a long wait counts as one that took long", () => {
    const { took, writes, fail } = setUp();
    took.ms = 5;
    fail(new Error("ENOSPC"));
    expect(() => writes.write(1, [part(1)], 0)).toThrow("ENOSPC");
    expect(writes.takes([part(1)])).toBe(false);
  });
});
