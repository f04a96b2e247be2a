import { DecodeError } from "@runnel/kit/errors.ts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CODEC_NAMES } from "../records/batch.ts";
import { compress, decompress } from "./codecs.ts";

const CODECS = CODEC_NAMES.filter((codec) => codec !== "none");
const LIMIT = 1 << 20;

/** Bytes with repetitions, so that codecs have something to find. */
const content = fc
  .array(
    fc.record({ part: fc.uint8Array({ maxLength: 300 }), times: fc.integer({ min: 1, max: 40 }) }),
    { maxLength: 20 },
  )
  .map((parts) =>
    Uint8Array.from(
      parts.flatMap(({ part, times }) =>
        Array(times)
          .fill([...part])
          .flat(),
      ),
    ),
  );

/** The length of the output, −1 for a `DecodeError`; anything else fails the test. */
function outputLengthOf(codec: (typeof CODECS)[number], bytes: Uint8Array): number {
  try {
    return decompress(codec, bytes, { maxOutputLength: LIMIT }).length;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return -1;
  }
}

test.each(CODECS)("%s: decompress(compress(x)) equals x", (codec) => {
  fc.assert(
    fc.property(content, (bytes) => {
      const output = decompress(codec, compress(codec, bytes), { maxOutputLength: LIMIT });
      expect(Buffer.compare(output, bytes)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test.each(CODECS)("%s: random bytes end with DecodeError or bounded output", (codec) => {
  const starts = [compress(codec, new Uint8Array(0)), new Uint8Array(0)];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, bytes) => {
      const length = outputLengthOf(codec, Uint8Array.of(...start, ...bytes));
      expect(length).toBeLessThanOrEqual(LIMIT);
    }),
    { numRuns: 300 },
  );
});

test.each(CODECS)("%s: mutated streams end with DecodeError or bounded output", (codec) => {
  const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(content, mutations, (bytes, changes) => {
      const packed = Uint8Array.from(compress(codec, bytes));
      for (const [at, value] of changes) packed[at % packed.length] = value;
      expect(outputLengthOf(codec, packed)).toBeLessThanOrEqual(LIMIT);
    }),
    { numRuns: 200 },
  );
});

test("lz4: a decoder never reads beyond the bytes it was given", () => {
  fc.assert(
    fc.property(content, fc.nat(), (bytes, cut) => {
      const packed = compress("lz4", bytes);
      const shorter = packed.subarray(0, cut % packed.length);
      // The rest of the stream lies right behind the view; using it would give a result.
      expect(outputLengthOf("lz4", shorter)).toBe(-1);
    }),
    { numRuns: 100 },
  );
});
