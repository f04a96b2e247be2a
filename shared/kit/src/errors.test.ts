import { describe, expect, it } from "vitest";
import { DecodeError, IoError, messageOf, systemCode } from "./errors.ts";

describe("systemCode()", () => {
  it("finds the system's code behind our own", () => {
    const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    expect(systemCode(new IoError("RUNNEL_WRITE_FAILED", "append failed", full))).toBe("ENOSPC");
    expect(systemCode(new Error("outer", { cause: new Error("middle", { cause: full }) }))).toBe(
      "ENOSPC",
    );
  });

  it("is empty where there is none, even if causes go round in a circle", () => {
    const circle = new Error("circle");
    circle.cause = circle;
    for (const error of [circle, new DecodeError("x"), "text", null, undefined]) {
      expect(systemCode(error)).toBe("");
    }
  });
});

describe("messageOf()", () => {
  it("gives a text for anything thrown", () => {
    expect(messageOf(new DecodeError("null before 4"))).toBe("null before 4");
    expect(messageOf("plain")).toBe("plain");
    expect(messageOf(undefined)).toBe("undefined");
  });
});
