import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { Needle } from "./needle.ts";

describe("Needle.find()", () => {
  const bytes = Buffer.from("..ab....ab.");

  it("finds the first place that lies within", () => {
    const needle = new Needle(Buffer.from("ab"));
    expect(needle.find(bytes, 1, 0, 4)).toBe(2);
    expect(needle.find(bytes, 1, 0, 3)).toBe(-1);
    expect(needle.find(bytes, 1, 3, 11)).toBe(8);
    expect(needle.find(bytes, 1, 9, 11)).toBe(-1);
  });

  it("goes back", () => {
    const needle = new Needle(Buffer.from("ab"));
    expect(needle.find(bytes, 1, 9, 11)).toBe(-1);
    expect(needle.find(bytes, 1, 0, 11)).toBe(2);
  });

  it("forgets what it found in another batch", () => {
    const needle = new Needle(Buffer.from("ab"));
    expect(needle.find(Buffer.from("......"), 1, 0, 6)).toBe(-1);
    expect(needle.find(bytes, 2, 5, 11)).toBe(8);
    expect(needle.find(Buffer.from("......"), 3, 5, 6)).toBe(-1);
  });

  it("finds the first place from wherever it is asked, in any order", () => {
    const some = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 40 });
    fc.assert(
      fc.property(some, fc.array(fc.nat({ max: 40 }), { maxLength: 12 }), (text, starts) => {
        const needle = new Needle(Buffer.from("ab"));
        for (const start of starts) {
          const found = needle.find(Buffer.from(text), 1, start, text.length);
          expect(found).toBe(start > text.length ? -1 : text.indexOf("ab", start));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("searches a batch once, whichever end records come from", () => {
    const batch = Buffer.alloc(50_000, ".");
    const size = 50;
    for (const isNewestFirst of [false, true]) {
      let searched = 0;
      const indexOf = Buffer.prototype.indexOf;
      const spy = vi.spyOn(Buffer.prototype, "indexOf").mockImplementation(function (
        this: Buffer,
        ...args: unknown[]
      ) {
        const [, from] = args as [unknown, number];
        const found = Reflect.apply(indexOf, this, args) as number;
        searched += (found < 0 ? this.length : found) - from;
        return found;
      });
      const needle = new Needle(Buffer.from("ab"));
      for (let n = 0; n < batch.length / size; n += 1) {
        const start = isNewestFirst ? batch.length - (n + 1) * size : n * size;
        expect(needle.find(batch, 1, start, start + size)).toBe(-1);
      }
      spy.mockRestore();
      expect(searched).toBeLessThan(2 * batch.length);
    }
  });

  it("finds what the runtime finds, whatever byte of it is the rarest", () => {
    const some = fc.string({ unit: fc.constantFrom(...'"aqz'.split("")), maxLength: 30 });
    const wanted = fc.string({
      unit: fc.constantFrom(...'"aqz'.split("")),
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(some, wanted, fc.nat({ max: 30 }), (text, part, start) => {
        const found = new Needle(Buffer.from(part)).find(Buffer.from(text), 1, start, text.length);
        expect(found).toBe(start > text.length ? -1 : text.indexOf(part, start));
      }),
      { numRuns: 1_000 },
    );
  });
});
