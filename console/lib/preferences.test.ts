import { describe, expect, it } from "vitest";
import { parsePreferences } from "./preferences.ts";

describe("parsePreferences()", () => {
  it("has a default for everything", () => {
    const defaults = parsePreferences(undefined);
    expect(defaults).toMatchObject({ zone: "local", refreshMs: 5_000, density: "compact" });
    for (const odd of [null, 5, "text", [], { zone: 7, refreshMs: 1, stars: "x" }]) {
      expect(parsePreferences(odd)).toEqual(defaults);
    }
  });

  it("keeps what is valid, and what stands beside it", () => {
    const stored = {
      zone: "Europe/Zurich",
      refreshMs: 0,
      dock: "bottom",
      stars: ["a", 5, "b"],
      old: true,
    };
    expect(parsePreferences(stored)).toMatchObject({
      zone: "Europe/Zurich",
      refreshMs: 0,
      areFieldsOpen: true,
      dock: "bottom",
      stars: ["a", "b"],
    });
  });

  it("forgets a zone that this browser does not know", () => {
    expect(parsePreferences({ zone: "Mars/Olympus" }).zone).toBe("local");
  });
});
