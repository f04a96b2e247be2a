import { describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("crc32c()", () => {
  it("gives the check values of RFC 3720, appendix B.4", () => {
    expect(crc32c(bytes("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(new Uint8Array(0))).toBe(0);
  });

  it("continues the checksum of an earlier part", () => {
    expect(crc32c(bytes("6789"), crc32c(bytes("12345")))).toBe(0xe3069283);
  });

  it("covers a view, not the whole buffer behind it", () => {
    expect(crc32c(bytes("xx123456789x").subarray(2, 11))).toBe(0xe3069283);
  });
});
