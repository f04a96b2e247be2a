import { describe, expect, it } from "vitest";
import { DecodeError } from "./errors.ts";
import { seededRandom } from "./seeded-random.ts";
import { randomUuid, uuidFromBytes, uuidToBase64, uuidToBytes, ZERO_UUID } from "./uuid.ts";

const TEXT = "00112233-4455-6677-8899-aabbccddeeff";

describe("uuidToBytes()", () => {
  it("writes 16 bytes at the offset, which uuidFromBytes() reads", () => {
    const bytes = new Uint8Array(20).fill(7);
    uuidToBytes(TEXT, bytes, 2);
    expect(Buffer.from(bytes).toString("hex")).toBe("0707" + TEXT.replaceAll("-", "") + "0707");
    expect(uuidFromBytes(bytes, 2)).toBe(TEXT);
    expect(uuidFromBytes(new Uint8Array(16), 0)).toBe(ZERO_UUID);
  });

  it.each([
    "",
    "0",
    TEXT.slice(1),
    `${TEXT}0`,
    TEXT.toUpperCase(),
    TEXT.replaceAll("-", ""),
    TEXT.replace("-", "0"),
    TEXT.replace("0", "-"),
    TEXT.replace("f", "g"),
    TEXT.replace("f", "é"),
  ])("refuses %j", (text) => {
    expect(() => uuidToBytes(text, new Uint8Array(16), 0)).toThrow(DecodeError);
  });
});

describe("randomUuid()", () => {
  it("gives uuids of version 4 that tools cannot take for a flag", () => {
    const random = seededRandom(1);
    const texts = Array.from({ length: 500 }, () => randomUuid(random));
    expect(new Set(texts).size).toBe(500);
    for (const text of texts) {
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(uuidToBase64(text)).not.toContain("-");
    }
  });
});

describe("uuidToBase64()", () => {
  it("agrees with base64url of the bytes", () => {
    for (const text of [TEXT, ZERO_UUID, "fbfbfbfb-ffff-ffff-ffff-fffffffffffe"]) {
      const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
      expect(uuidToBase64(text)).toBe(bytes.toString("base64url"));
    }
  });
});
