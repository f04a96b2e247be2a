import { Buffer } from "node:buffer";
import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { PACK_DEPTH_MAX } from "./limits.ts";
import { unpack } from "./message-pack.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const read = (text: string): string => unpack(hex(text), 1_000).text;

/** A value as MessagePack and as the JSON that must come of it. */
interface Packed {
  readonly bytes: Buffer;
  readonly json: string;
}

function withSize(heads: readonly [number, number, number], size: number): Buffer {
  if (size < 0x100 && heads[0] !== 0) return Buffer.from([heads[0], size]);
  if (size < 0x1_0000) return Buffer.from([heads[1], size >> 8, size & 0xff]);
  return Buffer.from([heads[2], size >>> 24, (size >> 16) & 0xff, (size >> 8) & 0xff, size & 0xff]);
}

function int64(value: bigint): Packed {
  const bytes = Buffer.alloc(9);
  bytes[0] = value < 0n ? 0xd3 : 0xcf;
  if (value < 0n) bytes.writeBigInt64BE(value, 1);
  else bytes.writeBigUInt64BE(value, 1);
  return { bytes, json: String(value) };
}

function text(value: string): Packed {
  const content = Buffer.from(value);
  return {
    bytes: Buffer.concat([withSize([0xd9, 0xda, 0xdb], content.length), content]),
    json: JSON.stringify(value),
  };
}

/** What is thrown is returned. */
function textOrError(bytes: Buffer, lengthMax: number): string | DecodeError {
  try {
    return unpack(bytes, lengthMax).text;
  } catch (error) {
    return error as DecodeError;
  }
}

const anyText: fc.Arbitrary<Packed> = fc
  .string({ unit: "binary" })
  .filter((value) => value.isWellFormed())
  .map(text);

/** Whatever is no text. */
const plain: fc.Arbitrary<Packed> = fc.oneof(
  fc.constantFrom(
    { bytes: hex("c0"), json: "null" },
    { bytes: hex("c2"), json: "false" },
    { bytes: hex("c3"), json: "true" },
    { bytes: hex("cb 3ff0000000000000"), json: "1.0" },
    { bytes: hex("ca 3dcccccd"), json: "0.1" },
    { bytes: hex("cb 7ff8000000000000"), json: '"NaN"' },
  ),
  fc.integer({ min: -32, max: 127 }).map((value) => {
    return { bytes: Buffer.from([value & 0xff]), json: String(value) };
  }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(int64),
  fc.uint8Array({ maxLength: 40 }).map((content) => ({
    bytes: Buffer.concat([withSize([0xc4, 0xc5, 0xc6], content.length), content]),
    json: `{"$bytes":"${Buffer.from(content).toString("base64")}"}`,
  })),
);

const scalar = fc.oneof(anyText, plain);

function arrayOf(items: readonly Packed[]): Packed {
  return {
    bytes: Buffer.concat([Buffer.from([0x90 | items.length]), ...items.map(({ bytes }) => bytes)]),
    json: `[${items.map(({ json }) => json).join(",")}]`,
  };
}

function mapOf(members: readonly (readonly [Packed, Packed])[]): Packed {
  return {
    bytes: Buffer.concat([
      withSize([0, 0xde, 0xdf], members.length),
      ...members.flatMap(([name, { bytes }]) => [name.bytes, bytes]),
    ]),
    json: `{${members.map(([name, { json }]) => `${name.json}:${json}`).join(",")}}`,
  };
}

const asName = ({ bytes, json }: Packed): Packed => ({ bytes, json: JSON.stringify(json) });
const plainName = fc.oneof(anyText, plain.map(asName));
/** Names of members: texts most of all, but any value may be one. */
const name: fc.Arbitrary<Packed> = fc.oneof(
  { arbitrary: anyText, weight: 4 },
  plainName,
  fc.array(scalar, { maxLength: 3 }).map(arrayOf).map(asName),
  fc.array(fc.tuple(plainName, scalar), { maxLength: 3 }).map(mapOf).map(asName),
);

const { packed } = fc.letrec<{ packed: Packed }>((tie) => ({
  packed: fc.oneof(
    { maxDepth: 3, depthIdentifier: "pack" },
    scalar,
    fc.array(tie("packed"), { maxLength: 4 }).map(arrayOf),
    fc.array(fc.tuple(name, tie("packed")), { maxLength: 4 }).map(mapOf),
  ),
}));

describe("unpack()", () => {
  it("writes every value as JSON, with all digits", () => {
    fc.assert(
      fc.property(packed, ({ bytes, json }) => {
        expect(unpack(bytes, json.length)).toEqual({ text: json, isTruncated: false });
      }),
    );
  });

  it("writes the begin where there is no room for more", () => {
    fc.assert(
      fc.property(packed, fc.nat({ max: 30 }), ({ bytes, json }, lengthMax) => {
        const { text: written, isTruncated } = unpack(bytes, lengthMax);
        expect(isTruncated).toBe(json.length > lengthMax);
        expect(json.startsWith(written)).toBe(true);
        expect(written.length).toBeGreaterThanOrEqual(Math.min(json.length, lengthMax - 1));
      }),
      { numRuns: 500 },
    );
  });

  it("refuses whatever is cut off or followed by more", () => {
    fc.assert(
      fc.property(packed, fc.nat(), ({ bytes }, place) => {
        const cut = bytes.subarray(0, place % bytes.length);
        expect(() => unpack(cut, 1_000)).toThrow(DecodeError);
        expect(() => unpack(Buffer.concat([bytes, hex("c0")]), 1_000)).toThrow(DecodeError);
      }),
    );
  });

  it("comes to text or a DecodeError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const outcome: unknown = textOrError(Buffer.from(bytes), 100);
        expect(typeof outcome === "string" || outcome instanceof DecodeError).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ["d0 80", "-128"],
    ["d1 8000", "-32768"],
    ["d2 80000000", "-2147483648"],
    ["cc ff", "255"],
    ["cd ffff", "65535"],
    ["ce ffffffff", "4294967295"],
    ["cb 8000000000000000", "-0.0"],
    ["ca 7f7fffff", "3.4028235e+38"],
    ["81 01 02", '{"1":2}'],
    ["81 92 01 c0 02", '{"[1,null]":2}'],
    ["a1 ff", '{"$bytes":"/w=="}'],
    ["d4 05 ff", '{"$ext":[5,"/w=="]}'],
    ["d6 ff 00000001", '"1970-01-01T00:00:01.000000000Z"'],
    ["d7 ff 00000004 00000001", '"1970-01-01T00:00:01.000000001Z"'],
    ["c7 0c ff 00000001 ffffffffffffffff", '"1969-12-31T23:59:59.000000001Z"'],
    ["c7 0c ff 00000001 7fffffffffffffff", '{"$ext":[-1,"AAAAAX//////////"]}'],
    ["dc 0001 c3", "[true]"],
    ["dd 00000001 c3", "[true]"],
    ["df 00000000", "{}"],
  ])("reads %s as %s", (bytes, json) => {
    expect(read(bytes)).toBe(json);
  });

  it("allocates nothing for what a size only declares", () => {
    expect(() => read("dd ffffffff")).toThrow("4294967295 elements");
    expect(() => read("c6 ffffffff")).toThrow("bytes wanted");
    const nested = Buffer.from("dd00100000".repeat(200_000), "hex");
    expect(() => unpack(nested, 100)).toThrow(DecodeError);
  });

  it.each([1, 2, 20, 40, 60])("makes no more of %d names inside each other than fits", (depth) => {
    const bytes = hex(`${"81".repeat(depth)}a161${"c0".repeat(depth)}`);
    const made = vi.spyOn(JSON, "stringify");
    const outcome = textOrError(bytes, 16_384);
    const lengths = made.mock.results.map(({ value }) => String(value).length);
    made.mockRestore();
    expect(Math.max(0, ...lengths)).toBeLessThan(1_000);
    expect(outcome instanceof DecodeError || outcome.length < 1_000).toBe(true);
  });

  it("writes no more of a name than there is room for", () => {
    // Quotes and backslashes become longer when a text becomes a name.
    const items = Array.from({ length: 15 }, () => text('"'.repeat(2_000)));
    const bytes = mapOf([[arrayOf(items), text("")]]).bytes;
    const made = vi.spyOn(JSON, "stringify");
    expect(unpack(bytes, 100)).toMatchObject({ isTruncated: true });
    const lengths = made.mock.results.map(({ value }) => String(value).length);
    made.mockRestore();
    expect(Math.max(...lengths)).toBeLessThan(1_000);
  });

  it("bounds how deep values nest", () => {
    const nested = (depth: number) => hex(`${"91".repeat(depth)}c0`);
    expect(unpack(nested(PACK_DEPTH_MAX), 1_000).text).toContain("null");
    expect(() => unpack(nested(PACK_DEPTH_MAX + 1), 1_000)).toThrow("nested deeper");
  });
});
