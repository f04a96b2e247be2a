import { DecodeError } from "@runnel/kit/errors.ts";
import { expect, test } from "vitest";
import { BATCH_HEADER_SIZE, CODEC_NAMES } from "../records/batch.ts";
import { fromHex, GOLDEN_BATCH, javaBatch } from "../records/golden-batch.ts";
import { compress, decompress } from "./codecs.ts";
import { expansionMax } from "./limits.ts";

const CODECS = CODEC_NAMES.filter((codec) => codec !== "none");
const text = new TextEncoder();
const limit = { maxOutputLength: 1 << 20 };

const FOX = text.encode("The quick brown fox jumps over the lazy dog. ".repeat(5)).subarray(0, 200);

/** 100 kB that compress to about a third. */
function sampleBytes(length = 100_000): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = i % 10 < 7 ? i % 10 : state >>> 24;
  }
  return bytes;
}

test.each(CODECS)("%s: what is compressed decompresses to itself", (codec) => {
  const sample = sampleBytes();
  for (const bytes of [sample, new Uint8Array(0), sample.subarray(5, 6), new Uint8Array(70_000)]) {
    const packed = compress(codec, bytes);
    expect(Buffer.compare(decompress(codec, packed, limit), bytes)).toBe(0);
  }
  expect(compress(codec, sample).length).toBeLessThan(60_000);
});

test("none gives the bytes themselves, within the limit", () => {
  expect(compress("none", FOX)).toBe(FOX);
  expect(decompress("none", FOX, { maxOutputLength: 200 })).toBe(FOX);
  expect(() => decompress("none", FOX, { maxOutputLength: 199 })).toThrow(DecodeError);
});

test.each(CODECS)("%s: content may reach the limit and not pass it", (codec) => {
  const bytes = sampleBytes();
  const packed = compress(codec, bytes);
  expect(decompress(codec, packed, { maxOutputLength: bytes.length }).length).toBe(bytes.length);
  for (const maxOutputLength of [0, 1, 65_536, bytes.length - 1]) {
    expect(() => decompress(codec, packed, { maxOutputLength })).toThrow(DecodeError);
  }
  expect(decompress(codec, compress(codec, new Uint8Array(0)), { maxOutputLength: 0 }).length).toBe(
    0,
  );
});

test.each(CODECS)("%s: cut anywhere, or followed by anything, it is refused", (codec) => {
  const packed = compress(codec, FOX);
  for (let length = 0; length < packed.length; length += 1) {
    // The xerial header alone, as a raw snappy block or as a frame without blocks, is whole.
    if (codec === "snappy" && length === 16) continue;
    expect(() => decompress(codec, packed.subarray(0, length), limit)).toThrow(DecodeError);
  }
  for (const tail of [[1], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff, 0xff]]) {
    if (codec === "gzip" && tail[0] === 0) continue;
    const longer = Uint8Array.of(...packed, ...tail);
    expect(() => decompress(codec, longer, limit)).toThrow(DecodeError);
  }
});

test("gzip: padding of zeros behind the stream is ignored", () => {
  const padded = Uint8Array.of(...compress("gzip", FOX), 0, 0, 0, 0);
  expect(Buffer.compare(decompress("gzip", padded, limit), FOX)).toBe(0);
});

test.each(["gzip", "lz4", "zstd"] as const)("%s: streams may follow one another", (codec) => {
  const packed = compress(codec, FOX);
  const twice = decompress(codec, Uint8Array.of(...packed, ...packed), limit);
  expect(twice).toHaveLength(400);
  expect(Buffer.compare(twice.subarray(200), FOX)).toBe(0);
});

test("compress() takes levels of gzip and zstd", () => {
  const bytes = sampleBytes();
  for (const codec of ["gzip", "zstd"] as const) {
    const quick = compress(codec, bytes, 1);
    const small = compress(codec, bytes, codec === "gzip" ? 9 : 19);
    expect(small.length).toBeLessThan(quick.length);
    expect(Buffer.compare(decompress(codec, small, limit), bytes)).toBe(0);
  }
});

test.each([...CODECS, "zstd22"] as const)("golden Java %s decompresses", (name) => {
  const codec = name === "zstd22" ? "zstd" : name;
  const packed = javaBatch(name).subarray(BATCH_HEADER_SIZE);
  const plain = javaBatch("none").subarray(BATCH_HEADER_SIZE);
  expect(Buffer.compare(decompress(codec, packed, limit), plain)).toBe(0);
  expect(Buffer.compare(plain.subarray(0, 21), GOLDEN_BATCH.subarray(BATCH_HEADER_SIZE))).toBe(0);
});

test("snappy: raw blocks are taken, as librdkafka sends them", () => {
  const framed = compress("snappy", FOX);
  const raw = framed.subarray(20);
  expect(Buffer.compare(decompress("snappy", raw, limit), FOX)).toBe(0);
});

test("snappy: golden xerial framing, with a block of literals and a second stream behind it", () => {
  const header = "82534e4150505900" + "00000001" + "00000001";
  const hello = "00000007" + "05" + "10" + "68656c6c6f";
  const bytes = decompress("snappy", fromHex(header + hello + header + hello), limit);
  expect(new TextDecoder().decode(bytes)).toBe("hellohello");
  expect(Buffer.from(compress("snappy", text.encode("hello"))).toString("hex")).toBe(
    header + hello,
  );
});

test("snappy: xerial framing is refused where its sizes or versions lie", () => {
  const header = "82534e4150505900" + "00000001" + "00000001";
  const bad = [
    `${header}00000000`,
    `${header}ffffffff`,
    `${header}7fffffff051068656c6c6f`,
    `${header}00000008051068656c6c6f`,
    `${header}00000006051068656c6c6f`,
    `${header}00000001ff`,
    "82534e4150505900000000010000000200000007051068656c6c6f",
  ];
  for (const hex of bad)
    expect(() => decompress("snappy", fromHex(hex), limit)).toThrow(DecodeError);
});

test("lz4: the frame is as Java writes it", () => {
  const packed = compress("lz4", sampleBytes());
  expect(Buffer.from(packed.subarray(0, 7)).toString("hex")).toBe("04224d18604082");
  const random = compress("lz4", Uint8Array.of(9, 8, 7));
  expect(Buffer.from(random).toString("hex")).toBe(
    "04224d18604082" + "03000080" + "090807" + "00000000",
  );
});

/** `lz4 -B64 -BD -BX --content-size` 1.9.4: linked blocks of 64 bytes, every checksum there is. */
const LINKED_HEX =
  "04224d185c40c8000000000000006b37000000fa1e54686520717569636b2062726f776e20666f78206a756d7073206f" +
  "76657220746865206c617a7920646f672e202d00506e20666f781e9b22510a0000000f2d00285065206c617ad9ee8176" +
  "25000000ff0b7920646f672e2054686520717569636b2062726f776e20666f785a000e50636b20627283269f57080000" +
  "806f776e20666f782025c5857500000000609be8af";

test("lz4: golden frame with linked blocks, content size and checksums", () => {
  const frame = fromHex(LINKED_HEX);
  expect(Buffer.compare(decompress("lz4", frame, limit), FOX)).toBe(0);
  // A change anywhere is noticed: everything is under a checksum, or is one.
  for (let at = 0; at < frame.length; at += 1) {
    const changed = frame.slice();
    changed[at] = (changed[at] as number) ^ 0x04;
    expect(() => decompress("lz4", changed, limit)).toThrow(DecodeError);
  }
});

test("lz4: skippable frames are skipped, dictionaries and reserved bits refused", () => {
  const frame = compress("lz4", FOX);
  const skippable = fromHex("5a2a4d1803000000010203");
  const bytes = Uint8Array.of(...skippable, ...frame, ...skippable);
  expect(Buffer.compare(decompress("lz4", bytes, limit), FOX)).toBe(0);
  const bad = ["04224d1861408200000000", "04224d1862408200000000", "04224d1860308200000000"];
  for (const hex of bad) expect(() => decompress("lz4", fromHex(hex), limit)).toThrow(DecodeError);
});

test("lz4: a match may not reach before the output, nor before an independent block", () => {
  const header = "04224d18604082";
  const literal = "01000080" + "61";
  const match = "05000000" + "00" + "0100" + "10" + "62";
  expect(() => decompress("lz4", fromHex(header + match + "00000000"), limit)).toThrow(
    /0 are there/,
  );
  const independent = header + literal + match + "00000000";
  expect(() => decompress("lz4", fromHex(independent), limit)).toThrow(/0 are there/);
  const linked = "04224d184040c0" + literal + match + "00000000";
  expect(new TextDecoder().decode(decompress("lz4", fromHex(linked), limit))).toBe("aaaaab");
});

/** `zstd -19` 1.5: single segment, content size, checksum. */
const ZSTD_HEX = "28b52ffd244065000020616263780200dc52f8b92189a92449";

test("zstd: golden frame; skippable frames are skipped", () => {
  const frame = fromHex(ZSTD_HEX);
  const content = `${"abc".repeat(8)}${"x".repeat(40)}`;
  expect(new TextDecoder().decode(decompress("zstd", frame, limit))).toBe(content);
  const skippable = fromHex("502a4d1803000000010203");
  const bytes = Uint8Array.of(...skippable, ...frame, ...skippable);
  expect(decompress("zstd", bytes, limit)).toHaveLength(64);
});

test("expansionMax() grows with the input and ends", () => {
  expect(expansionMax(0)).toBe(1024 * 1024);
  expect(expansionMax(1000)).toBe(1024 * 1024 + 1_024_000);
  expect(expansionMax(2 ** 31)).toBe(256 * 1024 * 1024);
});
