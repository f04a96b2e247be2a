import { describe, expect, it } from "vitest";
import { hexLine, hexLineCount } from "./hex.ts";

const bytes = Uint8Array.from([...new TextEncoder().encode("Hello, Runnel!"), 0, 255, 7]);

describe("hexLine()", () => {
  it("shows sixteen bytes a line, and what of them is text", () => {
    expect(hexLineCount(bytes)).toBe(2);
    expect(hexLine(bytes, 0)).toEqual({
      offset: "00000000",
      hex: "48 65 6c 6c 6f 2c 20 52  75 6e 6e 65 6c 21 00 ff",
      text: "Hello, Runnel!··",
    });
    expect(hexLine(bytes, 1)).toEqual({ offset: "00000010", hex: "07", text: "·" });
  });
});
