import { ByteReader, ELEMENTS_MAX } from "@runnel/kit/byte-reader.ts";
import { ByteWriter } from "@runnel/kit/byte-writer.ts";
import { DecodeError } from "@runnel/kit/errors.ts";
import { describe, expect, it } from "vitest";
import { Message } from "./api.ts";
import { TAGGED_FIELDS_MAX } from "./codec.ts";
import { FetchApi } from "./messages/01-fetch.ts";
import { MetadataApi } from "./messages/03-metadata.ts";
import {
  array,
  bigint64,
  bool,
  bytes,
  float64,
  int8,
  int16,
  int32,
  int64,
  records,
  type Schema,
  string,
  struct,
  uint16,
  uint32,
  uuid,
} from "./schema.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
}

/** A message in versions 0 (classic) and 1 (flexible). */
function message<const S extends Schema>(schema: S): Message<S> {
  return new Message("Sample", schema, [0, 1], 1);
}

function encode(one: Message, version: number, value: object): string {
  const writer = new ByteWriter();
  one.write(writer, version, value);
  return Buffer.from(writer.finish()).toString("hex");
}

describe("scalars", () => {
  const scalars = message({
    bool: bool(),
    int8: int8(),
    int16: int16(),
    uint16: uint16(),
    int32: int32(),
    uint32: uint32(),
    int64: int64(),
    bigint64: bigint64(),
    float64: float64(),
    uuid: uuid(),
  });

  it.each([
    [
      "the least",
      [false, -0x80, -0x8000, 0, -0x8000_0000, 0, -(2 ** 53), -(2n ** 63n), -Infinity],
      "00 80 8000 0000 80000000 00000000 ffe0000000000000 8000000000000000 fff0000000000000",
    ],
    [
      "the greatest",
      [true, 0x7f, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 2 ** 53, 2n ** 63n - 1n, Infinity],
      "01 7f 7fff ffff 7fffffff ffffffff 0020000000000000 7fffffffffffffff 7ff0000000000000",
    ],
  ])("are big-endian: %s", (_, values, expected) => {
    const id = "00112233-4455-6677-8899-aabbccddeeff";
    const names = Object.keys(scalars.schema);
    const value = Object.fromEntries(names.map((name, i) => [name, [...values, id][i]]));
    const bytes = encode(scalars, 0, value);
    expect(bytes).toBe((expected + id).replaceAll(/[ -]/g, ""));
    expect(scalars.decode(hex(bytes), 0)).toEqual(value);
  });
});

describe("lengths", () => {
  const names = message({ name: string({ nullable: "1+" }), ids: array(int16()) });

  it("are int16 and int32 in classic versions", () => {
    expect(encode(names, 0, { name: "ab", ids: [1, 2] })).toBe("00026162000000020001" + "0002");
  });

  it("are uvarints of length + 1 in flexible versions", () => {
    expect(encode(names, 1, { name: "ab", ids: [1, 2] })).toBe("036162" + "0300010002" + "00");
    expect(encode(names, 1, { name: null, ids: [] })).toBe("000100");
  });

  it("write null as empty where the version has no null", () => {
    expect(encode(names, 0, { name: null, ids: [] })).toBe("000000000000");
  });

  it.each([
    ["null string where there is no null", 0, "ffff 00000000"],
    ["null array where there is no null", 0, "0000 ffffffff"],
    ["null compact array where there is no null", 1, "01 00 00"],
    ["string of length -2", 0, "fffe 00000000"],
    ["array of length -2", 0, "0000 fffffffe"],
    ["array of 2^31-1", 0, "0000 7fffffff 0001"],
    ["compact array of 2^32-2", 1, "01 ffffffff0f 0001"],
    ["array of one more than there are bytes for", 0, "0000 00000003 00010002"],
    ["compact string longer than an int16 says", 1, "818002" + "61".repeat(0x8000) + "0100"],
    ["varint of six bytes", 1, "ffffffffff7f"],
    ["varint of 33 bits", 1, "ffffffff1f"],
    ["text that is not UTF-8", 0, "0002c328 00000000"],
    ["text that ends within a character", 0, "0001c3 00000000"],
    ["a byte too much", 0, "0000 00000000 00"],
    ["nothing", 0, ""],
  ])("%s is a DecodeError", (_, version, input) => {
    expect(() => names.decode(hex(input), version)).toThrow(DecodeError);
  });

  it("below -1 are no null either", () => {
    const nullable = message({
      text: string({ nullable: "0+" }),
      ids: array(int8(), { nullable: "0+" }),
    });
    expect(nullable.decode(hex("ffff ffffffff"), 0)).toEqual({ text: null, ids: null });
    expect(() => nullable.decode(hex("fffe ffffffff"), 0)).toThrow("length -2");
    expect(() => nullable.decode(hex("ffff 80000000"), 0)).toThrow("length -2147483648");
  });

  it("do not make the decoder allocate more elements than one message may hold", () => {
    const count = ELEMENTS_MAX + 1;
    const input = new Uint8Array(6 + 2 * count);
    new DataView(input.buffer).setInt32(2, count);
    expect(() => names.decode(input, 0)).toThrow(`more than ${ELEMENTS_MAX} array elements`);
  });

  it("count the elements of nested arrays together", () => {
    const nested = message({ outer: array({ inner: array(int8()) }) });
    const writer = new ByteWriter();
    nested.write(writer, 0, {
      outer: Array.from({ length: 51 }, () => ({ inner: Array.from({ length: 5000 }, () => 0) })),
    });
    expect(() => nested.decode(writer.finish(), 0)).toThrow(
      `more than ${ELEMENTS_MAX} array elements`,
    );
  });
});

describe("tagged fields", () => {
  const sample = message({
    plain: int8(),
    offset: int64({ versions: "1+", default: -1, tag: 0, tagged: "1+" }),
    leader: struct({ id: int32({ default: -1 }) }, { versions: "1+", tag: 3, tagged: "1+" }),
    racks: array(string(), { versions: "1+", tag: 2, tagged: "1+" }),
  });

  it("are left out when equal to their default, in part or in whole", () => {
    expect(encode(sample, 1, { plain: 5 })).toBe("0500");
    expect(encode(sample, 1, { plain: 5, offset: -1, leader: {}, racks: [] })).toBe("0500");
    expect(encode(sample, 1, { plain: 5, leader: { id: -1 } })).toBe("0500");
  });

  it("are written by ascending tag, whatever the order in the schema", () => {
    expect(encode(sample, 1, { plain: 5, leader: { id: 7 }, racks: ["a"] })).toBe(
      "05 02 02 03 020261 03 05 00000007 00".replaceAll(" ", ""),
    );
  });

  it("that are unknown are passed over", () => {
    expect(sample.decode(hex("05 02 01 03 aabbcc 03 05 00000007 00"), 1)).toEqual({
      plain: 5,
      offset: -1,
      leader: { id: 7 },
      racks: [],
    });
  });

  it.each([
    ["a tag twice", "05 02 07 00 07 00"],
    ["tags in descending order", "05 02 07 00 06 00"],
    ["a size beyond the end", "05 01 07 05 00"],
    ["a size that is too large for the content", "05 01 00 09 0000000000000001 00"],
    ["a size that is too small for the content", "05 01 00 07 0000000000000001"],
    ["a count beyond the end", "05 30 07 00"],
    ["a count of 2^32-1", "05 ffffffff0f 07 00"],
  ])("%s is a DecodeError", (_, input) => {
    expect(() => sample.decode(hex(input), 1)).toThrow(DecodeError);
  });

  it("are limited in number", () => {
    const flood = (count: number): Uint8Array =>
      Uint8Array.from([5, count, ...Array.from({ length: count }, (__, i) => [10 + i, 0]).flat()]);
    expect(sample.decode(flood(TAGGED_FIELDS_MAX), 1).plain).toBe(5);
    expect(() => sample.decode(flood(TAGGED_FIELDS_MAX + 1), 1)).toThrow("65 tagged fields");
  });
});

describe("structs", () => {
  const sample = message({
    cursor: struct({ topic: string() }, { nullable: "0+", default: null }),
    inner: struct({ id: int32({ default: 9 }) }, { nullable: "1+" }),
  });

  it("that may be null begin with a mark", () => {
    expect(encode(sample, 1, { inner: null })).toBe("ffff00");
    expect(encode(sample, 1, { cursor: { topic: "t" }, inner: { id: 1 } })).toBe(
      "01 0274 00 01 00000001 00 00".replaceAll(" ", ""),
    );
    expect(() => sample.decode(hex("02 01 00 ff 00"), 1)).toThrow("struct mark 2");
  });

  it("go out with their defaults where they are null but their version has no null", () => {
    expect(encode(sample, 0, { inner: null })).toBe("ff00000009");
  });
});

describe("fields", () => {
  it("that a version lacks decode as their default, all in the order of the schema", () => {
    const v4 = FetchApi.request.decode(hex("ffffffff 00000064 00000001 00001000 01 00000000"), 4);
    expect(v4).toEqual({
      clusterId: null,
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 100,
      minBytes: 1,
      maxBytes: 4096,
      isolationLevel: 1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [],
      forgottenTopicsData: [],
      rackId: "",
    });
    expect(Object.keys(v4)).toEqual(Object.keys(FetchApi.request.schema));
  });

  it("that are left out go out as their default", () => {
    expect(encode(MetadataApi.request, 4, { topics: null })).toBe("ffffffff01");
  });

  it("share their defaults, which nobody can change", () => {
    const { topics } = MetadataApi.response.decode(hex("00000000 00000000"), 0);
    const { replicaState } = FetchApi.request.decode(
      hex("ffffffff 00000064 00000001 00001000 01 00000000"),
      4,
    );
    expect(Object.isFrozen(replicaState)).toBe(true);
    expect(Object.isFrozen(topics)).toBe(false);
  });
});

describe("bytes and records", () => {
  const sample = message({ key: bytes(), batches: records({ nullable: "0+" }) });

  it("decode as views of the message", () => {
    const input = hex("00000001 61 00000002 6263");
    const { key, batches } = sample.decode(input, 0);
    expect([key.buffer, batches?.buffer]).toEqual([input.buffer, input.buffer]);
    expect([key.byteOffset, batches?.byteOffset]).toEqual([4, 9]);
  });

  it("go out by reference when they are records, in one piece or several", () => {
    const pieces = [hex("6263"), hex(""), hex("64")];
    const writer = new ByteWriter();
    sample.write(writer, 0, { key: hex("61"), batches: pieces });
    const parts = writer.parts();
    expect(parts.map((part) => Buffer.from(part).toString("hex"))).toEqual([
      "0000000161" + "00000003",
      "6263",
      "64",
    ]);
    expect(parts[1]).toBe(pieces[0]);
    expect(encode(sample, 1, { key: hex("61"), batches: hex("6263") })).toBe(
      "0261" + "036263" + "00",
    );
    expect(encode(sample, 0, { key: hex(""), batches: null })).toBe("00000000" + "ffffffff");
  });
});

describe("Message", () => {
  it("refuses versions it does not have, as a bug", () => {
    const reader = new ByteReader(hex("00"));
    expect(() => MetadataApi.request.read(reader, 14)).toThrow("MetadataRequest has no version 14");
  });

  it("says how much is left over", () => {
    expect(() => MetadataApi.request.decode(hex("00000000 0102"), 0)).toThrow(
      "MetadataRequest v0: 2 bytes after the end",
    );
  });
});
