/** Small inputs that would become huge: refused, quickly, without the memory they ask for. */
import { gzipSync } from "node:zlib";
import { DecodeError } from "@runnel/kit/errors.ts";
import { expect, test } from "vitest";
import type { CodecName } from "../records/batch.ts";
import { fromHex } from "../records/golden-batch.ts";
import { decompress } from "./codecs.ts";

const MIB = 1024 * 1024;
const LIMIT = 4 * MIB;
/** Of resident memory, for an output of at most 4 MiB. */
const GROWTH_MAX = 48 * MIB;

/** The message of the `DecodeError`, once it is known that memory stayed within bounds. */
function refusalOf(codec: CodecName, bytes: Uint8Array): string {
  const before = process.resourceUsage().maxRSS * 1024;
  let failure: unknown = null;
  try {
    decompress(codec, bytes, { maxOutputLength: LIMIT });
  } catch (error) {
    failure = error;
  }
  expect(failure).toBeInstanceOf(DecodeError);
  expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(GROWTH_MAX);
  return String(failure);
}

function repeated(part: Uint8Array, count: number): Uint8Array {
  const whole = new Uint8Array(part.length * count);
  for (let i = 0; i < count; i += 1) whole.set(part, i * part.length);
  return whole;
}

test("gzip: a gigabyte of zeros", () => {
  expect(refusalOf("gzip", repeated(gzipSync(new Uint8Array(16 * MIB)), 64))).toMatch(/more than/);
});

test("snappy: a preamble that promises 4 GB, raw and framed", () => {
  expect(refusalOf("snappy", fromHex("ffffffff0f00"))).toMatch(/more than/);
  expect(refusalOf("snappy", fromHex("ffffff0f00"))).toMatch(/more than/);
  expect(refusalOf("snappy", fromHex("80c0000061"))).toMatch(/says it holds/);
  const framed = "82534e41505059000000000100000001" + "00000006" + "ffffffff0f00";
  expect(refusalOf("snappy", fromHex(framed))).toMatch(/more than/);
});

test("snappy: many framed blocks, each within the limit", () => {
  const header = fromHex("82534e41505059000000000100000001");
  // A literal of one byte, then copies of 64 bytes from one byte back.
  const copies = repeated(Uint8Array.of(0xfe, 0x01, 0x00), 1000);
  const content = 1 + 64 * 1000;
  const preamble = [(content & 0x7f) | 0x80, ((content >> 7) & 0x7f) | 0x80, content >> 14];
  const block = Uint8Array.of(...preamble, 0x00, 0x61, ...copies);
  const framed = Uint8Array.of(0, 0, block.length >> 8, block.length & 0xff, ...block);
  expect(decompress("snappy", block, { maxOutputLength: LIMIT })).toHaveLength(content);
  expect(refusalOf("snappy", Buffer.concat([header, repeated(framed, 66)]))).toMatch(/more than/);
});

/** A literal "a", then one match of just under 4 MiB, as a block of a frame. */
function lz4BombBlock(): Uint8Array {
  const lengths = new Uint8Array(16_400).fill(0xff);
  const block = Uint8Array.of(0x1f, 0x61, 1, 0, ...lengths, 0, 0x10, 0x61);
  const size = Uint8Array.of(block.length, block.length >> 8, 0, 0);
  return Uint8Array.of(...size, ...block);
}

test("lz4: a frame that grows 250-fold to a gigabyte", () => {
  const header = fromHex("04224d18607073");
  const blocks = repeated(lz4BombBlock(), 256);
  const frame = new Uint8Array(header.length + blocks.length + 4);
  frame.set(header);
  frame.set(blocks, header.length);
  expect(refusalOf("lz4", frame)).toMatch(/more than/);
});

test("lz4: a block that grows beyond what its frame allows", () => {
  const header = fromHex("04224d18604082");
  const frame = Uint8Array.of(...header, ...lz4BombBlock(), 0, 0, 0, 0);
  expect(refusalOf("lz4", frame)).toMatch(/more than/);
});

test("zstd: a gigabyte in 32 KiB of run-length blocks", () => {
  const header = fromHex("28b52ffd0058");
  // 128 KiB of one byte; not the last block.
  const block = (128 * 1024 * 8) | (1 << 1);
  const run = Uint8Array.of(block, block >> 8, block >> 16, 0x61);
  const frame = Uint8Array.of(...header, ...repeated(run, 8192), 1, 0, 0);
  expect(refusalOf("zstd", frame)).toMatch(/more than/);
});

test("zstd: giant windows", () => {
  const helloOf = (windowLog: number): Uint8Array =>
    Uint8Array.of(
      ...fromHex("28b52ffd00"),
      (windowLog - 10) << 3,
      0x29,
      0,
      0,
      ...fromHex("68656c6c6f"),
    );
  expect(refusalOf("zstd", helloOf(28))).toMatch(/window of 2\^28/);
  expect(refusalOf("zstd", helloOf(41))).toMatch(/window of 2\^41/);
  // What Java writes at its highest levels is taken, and costs only what is used.
  const before = process.resourceUsage().maxRSS * 1024;
  expect(decompress("zstd", helloOf(27), { maxOutputLength: LIMIT })).toHaveLength(5);
  expect(process.resourceUsage().maxRSS * 1024 - before).toBeLessThan(GROWTH_MAX);
});

test("zstd: content sizes that lie, and thousands of frames", () => {
  const huge = fromHex("28b52ffde0ffffffffffffff7f010000");
  expect(refusalOf("zstd", huge)).toMatch(/at most 0 fit/);
  expect(refusalOf("zstd", fromHex("28b52ffd2006290000" + "68656c6c6f"))).toMatch(/at most 5 fit/);
  expect(refusalOf("zstd", fromHex("28b52ffd2004290000" + "68656c6c6f"))).toMatch(/zstd/);
  expect(refusalOf("zstd", repeated(fromHex("28b52ffd2000010000"), 1001))).toMatch(
    /over 1000 frames/,
  );
});

test("snappy: a hundred thousand blocks of a byte", () => {
  const header = fromHex("82534e41505059000000000100000001");
  const bytes = Buffer.concat([header, repeated(fromHex("00000003010061"), 100_000)]);
  expect(refusalOf("snappy", bytes)).toMatch(/over 65536 blocks/);
});
