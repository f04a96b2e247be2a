import { TOPIC_NAMES_MAX } from "@runnel/contracts/topics.ts";
import { describe, expect, it } from "vitest";
import { parsePreferences, STARS_MAX } from "./preferences.ts";

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

  it("marks no more topics than the broker gives at once by their names", () => {
    const stars = Array.from({ length: STARS_MAX + 5 }, (_, index) => `t-${index}`);
    expect(parsePreferences({ stars }).stars).toHaveLength(STARS_MAX);
    expect(STARS_MAX).toBe(TOPIC_NAMES_MAX);
  });

  it("forgets a zone that this browser does not know", () => {
    expect(parsePreferences({ zone: "Mars/Olympus" }).zone).toBe("local");
  });
});
