import { Buffer, isUtf8 } from "node:buffer";
import { DecodedPayload, DecoderChoice } from "@runnel/contracts/decoded.ts";
import { awkwardText } from "@runnel/contracts/filter-arbitrary.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonLikeBytes, jsonText } from "../filter/json-arbitrary.ts";
import { isJsonForParse } from "../filter/oracle.ts";
import { decodePayload } from "./decode.ts";

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  jsonLikeBytes,
  awkwardText.map((text) => new TextEncoder().encode(text)),
  fc
    .tuple(fc.string(), fc.uint8Array({ maxLength: 3 }))
    .map(([text, tail]) => Uint8Array.from([...new TextEncoder().encode(text), ...tail])),
);

describe("decodePayload()", () => {
  it("brings every payload back byte for byte, whatever the decoder", () => {
    const choices = fc.constantFrom(...DecoderChoice.options);
    fc.assert(
      fc.property(anyBytes, choices, fc.nat({ max: 60 }), (bytes, choice, lengthMax) => {
        const decoded = decodePayload(bytes, choice, { lengthMax, withRaw: true });
        expect(DecodedPayload.parse(decoded)).toEqual(decoded);
        expect(decoded.text.length).toBeLessThanOrEqual(lengthMax);
        const payload = payloadOf(decoded);
        const back = Buffer.from(payload?.data ?? "?", payload?.encoding);
        expect(back).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 3_000 },
    );
  });

  it("calls JSON what is a valid object or array, and shows it as it was written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          jsonLikeBytes,
          jsonText.map((text) => new TextEncoder().encode(text)),
        ),
        (bytes) => {
          const { decoder, text } = decodePayload(bytes, "auto", {
            lengthMax: 10_000,
            withRaw: false,
          });
          const written = Buffer.from(bytes).toString("latin1").trim();
          const isContainer = /^[[{]/.test(written) && isJsonForParse(bytes);
          expect(decoder === "json").toBe(isContainer);
          expect(decoder !== "json" || Buffer.from(text).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("shows no sign that replaces others, unless it is in the data", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const { text } = decodePayload(bytes, "text", { lengthMax: 1_000, withRaw: false });
        const isThere = Buffer.from(bytes).includes("\ufffd");
        expect(text.includes("\ufffd")).toBe(isThere);
        expect(isUtf8(bytes) ? Buffer.from(text).equals(bytes) : true).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});
