import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "./assert.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter, setInt64, utf8Length } from "./byte-writer.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function written(work: (writer: ByteWriter) => void, capacity = 256): string {
  const writer = new ByteWriter(capacity);
  work(writer);
  return hex(writer.finish());
}

type Op = readonly [method: "int8" | "int16" | "int32" | "int64" | "varint" | "varlong", number];

const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const safe = fc.maxSafeInteger();
const numberOp: fc.Arbitrary<Op> = fc.oneof(
  fc.tuple(fc.constant("int8" as const), int(-0x80, 0x7f)),
  fc.tuple(fc.constant("int16" as const), int(-0x8000, 0x7fff)),
  fc.tuple(fc.constant("int32" as const), fc.integer()),
  fc.tuple(fc.constant("int64" as const), safe),
  fc.tuple(fc.constant("varint" as const), fc.integer()),
  fc.tuple(fc.constant("varlong" as const), safe),
);

describe("ByteWriter", () => {
  it("writes what ByteReader reads, however small it begins", () => {
    fc.assert(
      fc.property(fc.array(numberOp), int(0, 40), (ops, capacity) => {
        const writer = new ByteWriter(capacity);
        for (const [method, value] of ops) writer[method](value);
        const length = writer.length;
        const bytes = writer.finish();
        expect(bytes.length).toBe(length);
        const reader = new ByteReader(bytes);
        expect(ops.map(([method]) => reader[method]())).toEqual(ops.map(([, value]) => value));
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it.each([0, 1, 7, 15, 16, 64, 65, 256, 1024, 1025])(
    "writes every type into the buffer it has grown into, from %d bytes on",
    (capacity) => {
      const text = written((w) => {
        for (let i = 0; i < 40; i += 1) {
          w.uvarint(300);
          w.bool(true);
          w.bigInt64(-2n);
          w.float64(1.5);
          w.uuid("00112233-4455-6677-8899-aabbccddeeff");
          w.raw(Uint8Array.of(1, 2, 3));
          w.string("é", true);
        }
      }, capacity);
      expect(text).toBe(
        "ac0201fffffffffffffffe3ff800000000000000112233445566778899aabbccddeeff01020303c3a9".repeat(
          40,
        ),
      );
    },
  );

  it("writes zigzag varints", () => {
    expect(written((w) => w.varint(-1))).toBe("01");
    expect(written((w) => w.varint(-2_147_483_648))).toBe("ffffffff0f");
    expect(written((w) => w.varlong(2 ** 45))).toBe("80808080808010");
    expect(written((w) => w.uvarint(4_294_967_295))).toBe("ffffffff0f");
  });

  it("writes text as UTF-8, with a lone surrogate as U+FFFD", () => {
    for (const text of ["", "a", "é", "日本", "🚀x", "\ud800", "x\udc00y", "\udc00\ud800"]) {
      const bytes = new TextEncoder().encode(text);
      expect(utf8Length(text)).toBe(bytes.length);
      const length = bytes.length.toString(16).padStart(4, "0");
      expect(written((w) => w.string(text, false), 1)).toBe(length + hex(bytes));
    }
  });

  it("refuses text that no int16 length can hold", () => {
    const writer = new ByteWriter();
    expect(() => writer.string("x".repeat(0x8000), false)).toThrow(InvariantError);
    expect(() => writer.string("é".repeat(0x4000), true)).toThrow(InvariantError);
    expect(() => writer.string("x".repeat(0x7fff), true)).not.toThrow();
  });

  it("keeps what is referenced as parts of their own, in order", () => {
    const big = new Uint8Array(2000).fill(9);
    const writer = new ByteWriter(4);
    writer.int32(0);
    writer.reference(big);
    writer.reference(new Uint8Array(0));
    writer.int32(7);
    for (let i = 0; i < 100; i += 1) writer.int32(i);
    writer.reference(big);
    expect(writer.length).toBe(4 + 2000 + 404 + 2000);
    writer.patchInt32AtStart(writer.length - 4);
    const parts = writer.parts();
    expect(parts.map((part) => part.length)).toEqual([4, 2000, 404, 2000]);
    expect(parts[1]).toBe(big);
    expect(parts[3]).toBe(big);
    expect(hex(parts[0] as Uint8Array)).toBe("00001134");
  });

  it("patches the start of what was written but not yet closed", () => {
    expect(
      written((w) => {
        w.int32(0);
        w.int8(5);
        w.patchInt32AtStart(1);
      }),
    ).toBe("0000000105");
  });

  it("shares no bytes with another writer", () => {
    const writers = Array.from({ length: 400 }, (_, index) => {
      const writer = new ByteWriter(100);
      writer.int32(index);
      return writer;
    });
    for (const writer of writers) for (let i = 0; i < 30; i += 1) writer.int32(-1);
    const firsts = writers.map((writer) => new ByteReader(writer.finish()).int32());
    expect(firsts).toEqual(writers.map((_, index) => index));
  });

  it("finish() gives bytes of their own, that may be kept or transferred", () => {
    const [one, two] = [new ByteWriter(), new ByteWriter()].map((writer) => {
      writer.int8(1);
      return writer.finish();
    });
    expect(one?.buffer.byteLength).toBe(1);
    expect(one?.buffer).not.toBe(two?.buffer);
    expect(new ByteWriter().finish()).toEqual(new Uint8Array(0));
  });
});

describe("setInt64()", () => {
  it("agrees with DataView on every safe integer", () => {
    fc.assert(
      fc.property(safe, (value) => {
        const bytes = new Uint8Array(8);
        setInt64(bytes, 0, value);
        expect(new DataView(bytes.buffer).getBigInt64(0)).toBe(BigInt(value));
      }),
    );
  });
});
