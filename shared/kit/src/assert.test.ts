import { describe, expect, it } from "vitest";
import { assert, InvariantError, unreachable } from "./assert.ts";

describe("assert()", () => {
  it("lets true pass and throws InvariantError for anything falsy", () => {
    expect(() => assert(true, "fine")).not.toThrow();
    for (const falsy of [false, 0, "", null, undefined]) {
      expect(() => assert(falsy, "epoch 3 after epoch 4")).toThrow(
        new InvariantError("epoch 3 after epoch 4"),
      );
    }
  });
});

describe("unreachable()", () => {
  it("names the case that cannot be", () => {
    expect(() => unreachable({ kind: "surprise" } as never)).toThrow(
      'unreachable case: {"kind":"surprise"}',
    );
  });
});
