import { Buffer } from "node:buffer";
import { numberText } from "@runnel/contracts/filter-arbitrary.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNumber, exactNumber } from "./exact-number.ts";
import { jsonLikeBytes, jsonText } from "./json-arbitrary.ts";
import { JsonPath } from "./json-path.ts";
import { NOT_JSON, skipValue } from "./json-scan.ts";
import { isJson, JSON_DEPTH_MAX } from "./json-valid.ts";
import { compareDecimals, isJsonForParse, nodesAt, parseExact } from "./oracle.ts";

/** `bytes` in the middle of others that would complete or spoil them. */
function amid(bytes: Uint8Array): { buffer: Buffer; start: number; end: number } {
  const buffer = Buffer.concat([Buffer.from('{"a":"\\'), bytes, Buffer.from('"]}1')]);
  return { buffer, start: 7, end: 7 + bytes.length };
}

describe("isJson()", () => {
  it("agrees with JSON.parse", () => {
    fc.assert(
      fc.property(jsonLikeBytes, (bytes) => {
        const { buffer, start, end } = amid(bytes);
        expect(isJson(buffer, start, end)).toBe(isJsonForParse(bytes));
      }),
      { numRuns: 8_000 },
    );
  });

  it("bounds how deep JSON nests", () => {
    const nested = (depth: number) => Buffer.from("[".repeat(depth) + "]".repeat(depth));
    expect(isJson(nested(JSON_DEPTH_MAX), 0, 2 * JSON_DEPTH_MAX)).toBe(true);
    expect(isJson(nested(JSON_DEPTH_MAX + 1), 0, 2 * JSON_DEPTH_MAX + 2)).toBe(false);
    const deep = nested(1_000_000);
    expect(isJson(deep, 0, deep.length)).toBe(false);
  });
});

describe("skipValue()", () => {
  it("ends behind the value", () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        const value = Buffer.from(text.trim());
        const { buffer, start, end } = amid(Buffer.concat([value, Buffer.from(" ,1")]));
        expect(skipValue(buffer, start, end)).toBe(end - 3);
      }),
      { numRuns: 3_000 },
    );
  });

  it("stays inside, whatever the bytes", () => {
    fc.assert(
      fc.property(jsonLikeBytes, (bytes) => {
        const { buffer, start, end } = amid(bytes);
        const at = skipValue(buffer, start, end);
        expect(at === NOT_JSON || (at > start && at <= end)).toBe(true);
      }),
      { numRuns: 4_000 },
    );
  });
});

describe("JsonPath", () => {
  const paths = fc.array(fc.constantFrom("a", "b", "total", "0", "x-y", 0, 1, null), {
    minLength: 1,
    maxLength: 3,
  });

  it("finds what JSON.parse finds", () => {
    fc.assert(
      fc.property(jsonLikeBytes, paths, (bytes, path) => {
        const { buffer, start, end } = amid(bytes);
        const found: string[] = [];
        const matcher = new JsonPath(path, (_, from, to) => {
          found.push(buffer.toString("utf8", from, to));
          return false;
        });
        expect(matcher.matches(buffer, 1, start, end)).toBe(false);
        const always = new JsonPath(path, () => true);
        const expected = nodesAt(bytes, path);
        expect(always.matches(buffer, 1, start, end)).toBe(expected.length > 0);
        // Members that a later one of the same name replaces are looked at, but do not count.
        if (expected.length === 0) return;
        const last = found.slice(-1).map((text) => JSON.stringify(parseExact(text)));
        expect(expected.map((node) => JSON.stringify(node))).toContain(last[0]);
      }),
      { numRuns: 8_000 },
    );
  });

  it("takes documents one after the other in the same bytes", () => {
    fc.assert(
      fc.property(fc.array(jsonLikeBytes, { maxLength: 8 }), paths, (documents, path) => {
        const buffer = Buffer.concat(documents);
        const matcher = new JsonPath(path, () => true);
        let at = 0;
        for (const bytes of documents) {
          const end = at + bytes.length;
          expect(matcher.matches(buffer, 1, at, end)).toBe(nodesAt(bytes, path).length > 0);
          at = end;
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("compareNumber()", () => {
  it("agrees with integers of any size", () => {
    fc.assert(
      fc.property(numberText, numberText, (left, right) => {
        const bytes = Buffer.from(`9${left}9`);
        const difference = compareNumber(bytes, 1, bytes.length - 1, exactNumber(right));
        expect(Math.sign(difference) + 0).toBe(compareDecimals(left, right));
      }),
      { numRuns: 4_000 },
    );
  });

  it("finds numbers equal however they are written", () => {
    const forms = ["100", "1e2", "1E+2", "100.0", "0.1e3", "1000e-1", "100.000e0", "0.00100E5"];
    for (const left of forms) {
      for (const right of forms) {
        const bytes = Buffer.from(left);
        expect(compareNumber(bytes, 0, bytes.length, exactNumber(right)) === 0).toBe(true);
      }
    }
  });

  it("is NaN for what is no number", () => {
    for (const text of ["", "-", "01", "1.", ".5", "1e", "+1", " 1", "1 ", "0x1", "NaN", "1_0"]) {
      const bytes = Buffer.from(text);
      expect(compareNumber(bytes, 0, bytes.length, exactNumber("1"))).toBeNaN();
    }
  });

  it("takes exponents beyond everything", () => {
    const bytes = Buffer.from(`1e${"9".repeat(400)}`);
    expect(compareNumber(bytes, 0, bytes.length, exactNumber("1e1000000"))).toBeGreaterThan(0);
    const small = Buffer.from(`1e-${"9".repeat(400)}`);
    expect(compareNumber(small, 0, small.length, exactNumber("1e-1000000"))).toBeLessThan(0);
    expect(compareNumber(small, 0, small.length, exactNumber("0"))).toBeGreaterThan(0);
  });
});
