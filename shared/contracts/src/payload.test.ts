import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "./payload.ts";

describe("base64", () => {
  it("comes back byte for byte, whatever the length", () => {
    for (const length of [0, 1, 2, 3, 255, 100_000]) {
      const bytes = Uint8Array.from({ length }, (_, at) => at % 256);
      expect(fromBase64(toBase64(bytes))).toEqual(bytes);
    }
  });

  it("is read up to the largest field that is ever sent", () => {
    const bytes = new Uint8Array(16 * 1_024 * 1_024).fill(0xa5);
    const read = fromBase64(Buffer.from(bytes).toString("base64"));
    expect(Buffer.compare(read, bytes)).toBe(0);
  });

  it.each(["not base64!", "AAA", "AAA=A", "A===", "AA==AA==", "AA A", "AA-_", "=", "AAAA\n"])(
    "%j is none",
    (text) => expect(() => fromBase64(text)).toThrow(RangeError),
  );
});
