import { describe, expect, it } from "vitest";
import { ByteReader, ELEMENTS_MAX, int64At, utf8At } from "./byte-reader.ts";
import { DecodeError } from "./errors.ts";

function reader(hex: string): ByteReader {
  return new ByteReader(new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex")));
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("ByteReader numbers", () => {
  it.each([
    ["int8", "80", -128],
    ["int8", "7f", 127],
    ["uint8", "ff", 255],
    ["int16", "8000", -32_768],
    ["int16", "7fff", 32_767],
    ["uint16", "ffff", 65_535],
    ["int32", "80000000", -2_147_483_648],
    ["int32", "00010203", 66_051],
    ["uint32", "ffffffff", 4_294_967_295],
    ["int64", "ffffffffffffffff", -1],
    ["int64", "0000000100000000", 4_294_967_296],
    ["int64", "001fffffffffffff", Number.MAX_SAFE_INTEGER],
    ["int64", "ffe0000000000001", -Number.MAX_SAFE_INTEGER],
    ["float64", "3ff8000000000000", 1.5],
    ["uvarint", "00", 0],
    ["uvarint", "ac02", 300],
    ["uvarint", "ffffffff0f", 4_294_967_295],
    ["uvarint", "8000", 0],
    ["varint", "01", -1],
    ["varint", "feffffff0f", 2_147_483_647],
    ["varint", "ffffffff0f", -2_147_483_648],
    ["varlong", "01", -1],
    ["varlong", "80808080808010", 2 ** 45],
  ] as const)("%s() reads %s as %d", (method, hex, value) => {
    const bytes = reader(hex);
    expect(bytes[method]()).toBe(value);
    expect(bytes.remaining).toBe(0);
  });

  it("int64() and varlong() saturate at ±2^53", () => {
    expect(reader("7fffffffffffffff").int64()).toBe(2 ** 53);
    expect(reader("0020000000000000").int64()).toBe(2 ** 53);
    expect(reader("8000000000000000").int64()).toBe(-(2 ** 53));
    expect(reader("ffe0000000000000").int64()).toBe(-(2 ** 53));
    expect(reader("feffffffffffffffff01").varlong()).toBe(2 ** 53);
    expect(reader("ffffffffffffffffff01").varlong()).toBe(-(2 ** 53));
  });

  it("bigInt64() keeps all 64 bits", () => {
    expect(reader("7fffffffffffffff").bigInt64()).toBe(2n ** 63n - 1n);
    expect(reader("8000000000000000").bigInt64()).toBe(-(2n ** 63n));
    expect(reader("ffffffffffffffff").bigInt64()).toBe(-1n);
    expect(reader("00000000ffffffff").bigInt64()).toBe(4_294_967_295n);
  });

  it.each([
    ["uvarint", "ffffffff1f"],
    ["uvarint", "ffffffffff00"],
    ["uvarint", "808080808000"],
    ["varint", "ffffffff10"],
    ["varlong", "ffffffffffffffffff02"],
    ["varlong", "8080808080808080808001"],
  ] as const)("%s() refuses %s, which is too long", (method, hex) => {
    expect(() => reader(hex)[method]()).toThrow(DecodeError);
  });

  it.each([
    ["int8", 0],
    ["uint8", 0],
    ["bool", 0],
    ["int16", 1],
    ["uint16", 1],
    ["int32", 3],
    ["uint32", 3],
    ["int64", 7],
    ["bigInt64", 7],
    ["float64", 7],
    ["uuid", 15],
    ["uvarint", 0],
    ["varlong", 0],
  ] as const)("%s() needs more than %d bytes, whatever lies behind the end", (method, count) => {
    const bytes = new Uint8Array(64);
    const short = new ByteReader(bytes, 8, 8 + count);
    expect(() => short[method]()).toThrow(DecodeError);
    expect(short.offset).toBe(8);
  });
});

describe("ByteReader bytes", () => {
  it("slice() gives a view and moves on", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const from = new ByteReader(bytes, 1);
    const view = from.slice(2);
    expect([...view]).toEqual([2, 3]);
    expect(view.buffer).toBe(bytes.buffer);
    expect(from.offset).toBe(3);
    expect(() => from.slice(2)).toThrow("2 bytes wanted at 3, 1 left");
    expect(() => from.slice(-1)).toThrow(DecodeError);
    expect(from.offset).toBe(3);
  });

  it("uuid() reads lower-case hex with dashes", () => {
    expect(reader("00112233445566778899AABBCCDDEEFF").uuid()).toBe(
      "00112233-4455-6677-8899-aabbccddeeff",
    );
  });

  it("text() reads UTF-8 of any length, and nothing else", () => {
    for (const text of ["", "a", "abcd", "abcde", "grüße", "日本語", "🚀", "\ufeffx", "x\0y"]) {
      for (const long of [text, text + "ab".repeat(40), "ab".repeat(40) + text]) {
        const bytes = ascii(long);
        expect(new ByteReader(bytes).text(bytes.length)).toBe(long);
      }
    }
    for (const bad of ["c328", "ff", "e28228", "f0288cbc", "eda080", "61626364c3"]) {
      expect(() => reader(bad).text(bad.length / 2)).toThrow(DecodeError);
      expect(() => utf8At(ascii("x".repeat(99)).fill(0x80, 98), 0, 99)).toThrow(DecodeError);
    }
  });
});

describe("ByteReader.reserve()", () => {
  it("refuses more elements than the rest can hold", () => {
    const bytes = new ByteReader(new Uint8Array(10));
    expect(() => bytes.reserve(5, 2)).not.toThrow();
    expect(() => bytes.reserve(6, 2)).toThrow("array of 6 at 0, only 10 bytes left");
    expect(() => bytes.reserve(0x7fff_ffff, 1)).toThrow(DecodeError);
    expect(() => bytes.reserve(-2, 1)).toThrow(DecodeError);
  });

  it("counts all elements of a message together", () => {
    const bytes = new ByteReader(new Uint8Array(ELEMENTS_MAX));
    bytes.reserve(ELEMENTS_MAX - 1, 1);
    bytes.reserve(1, 1);
    expect(() => bytes.reserve(1, 1)).toThrow(`more than ${ELEMENTS_MAX} array elements`);
  });
});

describe("int64At()", () => {
  it("agrees with DataView on every safe integer", () => {
    const view = new DataView(new ArrayBuffer(8));
    for (let bit = 0n; bit < 53n; bit += 1n) {
      for (const value of [2n ** bit, -(2n ** bit), 2n ** bit - 1n, 1n - 2n ** bit]) {
        view.setBigInt64(0, value);
        expect(int64At(new Uint8Array(view.buffer), 0)).toBe(Number(value));
      }
    }
  });
});
