import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "./failure.ts";
import { decodeBytes, encodeBytes, escapeControls, showBytes } from "./text.ts";

describe("encodeBytes()", () => {
  it("keeps text as text and everything else as base64", () => {
    expect(encodeBytes(Buffer.from("grüße"))).toEqual({ encoding: "utf8", data: "grüße" });
    expect(encodeBytes(Buffer.from([0xff, 0]))).toEqual({ encoding: "base64", data: "/wA=" });
    expect(encodeBytes(null)).toBeNull();
  });

  it("is undone by decodeBytes(), byte for byte, through JSON", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const json: unknown = JSON.parse(JSON.stringify(encodeBytes(bytes)));
        expect(decodeBytes(json, "value")).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("decodeBytes()", () => {
  it("takes a bare string as UTF-8, and nothing for null", () => {
    expect(decodeBytes("é", "key")?.toString("hex")).toBe("c3a9");
    expect(decodeBytes(null, "key")).toBeNull();
    expect(decodeBytes(undefined, "key")).toBeNull();
  });

  it.each([
    1,
    {},
    { encoding: "hex", data: "00" },
    { encoding: "utf8" },
    { encoding: "base64", data: "a" },
    { encoding: "base64", data: "*===" },
  ])("refuses %j and names the field", (value) => {
    expect(() => decodeBytes(value, "the key")).toThrow(UsageError);
    expect(() => decodeBytes(value, "the key")).toThrow(/the key/);
  });
});

describe("escapeControls()", () => {
  it("leaves nothing that acts on a terminal", () => {
    expect(escapeControls("a\u001b[31mb\r\n\tc\u009b0m")).toBe("a\\x1b[31mb\\r\\n\\tc\\x9b0m");
    expect(escapeControls("x\u202ey\u2066z\u2028\ufeff")).toBe("x\\u202ey\\u2066z\\u2028\\ufeff");
    expect(escapeControls("grüße 日本 👩‍🚀")).toBe("grüße 日本 👩‍🚀");
  });

  it("gives one line of harmless characters for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escapeControls(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe("showBytes()", () => {
  it("shows text, the absence of it, and the start of what is binary", () => {
    expect(showBytes(Buffer.from("a\nb"))).toBe("a\\nb");
    expect(showBytes(null)).toBe("(null)");
    expect(showBytes(Buffer.from([0xff, 1]))).toBe("(2 bytes: ff01)");
    expect(showBytes(Buffer.alloc(100, 0xff))).toBe(`(100 bytes: ${"ff".repeat(24)}…)`);
  });
});
