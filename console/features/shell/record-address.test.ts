import { describe, expect, it } from "vitest";
import { parseOwnUrl, parseRecordAddress } from "./record-address.ts";

describe("parseRecordAddress()", () => {
  it.each([
    ["orders/3@1042", { topic: "orders", partition: 3, offset: 1_042 }],
    [" a.b-c_d/0@0 ", { topic: "a.b-c_d", partition: 0, offset: 0 }],
    ["orders-3@7", { topic: "orders", partition: 3, offset: 7 }],
  ])("understands %s", (text, address) => expect(parseRecordAddress(text)).toEqual(address));

  it.each(["orders", "orders/3", "orders/x@1", "or ders/1@1", "orders/1@9999999999999999", ""])(
    "leaves %j alone",
    (text) => expect(parseRecordAddress(text)).toBeNull(),
  );
});

describe("parseOwnUrl()", () => {
  it("takes the path of a page, from whichever host", () => {
    expect(parseOwnUrl("http://other:3000/c/local/topics?q=a")).toBe("/c/local/topics?q=a");
    expect(parseOwnUrl("/c/local")).toBe("/c/local");
  });

  it.each(["https://evil.example/x", "//evil/c/", "javascript:alert(1)", "topics"])(
    "goes nowhere for %j",
    (text) => expect(parseOwnUrl(text)).toBeNull(),
  );
});
