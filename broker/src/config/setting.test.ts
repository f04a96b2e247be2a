import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BROKER_SETTINGS_BY_NAME } from "./broker-settings.ts";
import { GROUP_SETTINGS_BY_NAME } from "./group-settings.ts";
import { int, list, long, problemOf, type Setting } from "./setting.ts";
import { TOPIC_SETTINGS, TOPIC_SETTINGS_BY_NAME } from "./topic-settings.ts";

const ALL: readonly Setting[] = [
  ...TOPIC_SETTINGS_BY_NAME.values(),
  ...BROKER_SETTINGS_BY_NAME.values(),
  ...GROUP_SETTINGS_BY_NAME.values(),
];

describe("the table of settings", () => {
  it("accepts every default, in canonical form", () => {
    const bad = ALL.filter((setting) => {
      const { default: text } = setting;
      if (text === null) return false;
      const result = setting.parse(text);
      return "problem" in result || result.text !== text || problemOf(setting, text) !== null;
    });
    expect(bad.map(({ name }) => name)).toEqual([]);
  });

  it("names synonyms that exist, with the topic's default behind the last of them", () => {
    const bad = Object.values<Setting>(TOPIC_SETTINGS).filter(({ synonyms, default: initial }) => {
      const defaults = synonyms.map(({ name }) => BROKER_SETTINGS_BY_NAME.get(name)?.default);
      const last = synonyms.at(-1);
      if (last === undefined) return false;
      const isEqual =
        last.factor === 1
          ? defaults.at(-1) === initial
          : Number(defaults.at(-1)) * last.factor === Number(initial);
      return !isEqual || defaults.slice(0, -1).some((value) => value !== null);
    });
    expect(bad.map(({ name }) => name)).toEqual([]);
  });

  it("has each name once, and says of each what it does", () => {
    for (const table of [TOPIC_SETTINGS_BY_NAME, BROKER_SETTINGS_BY_NAME]) {
      for (const [name, setting] of table) {
        expect(setting.name).toBe(name);
        expect(name).toMatch(/^[a-z][a-z0-9]*(\.[a-z0-9]+)*$/);
        expect(setting.doc).toMatch(/^[A-Z`].*[.`]$/s);
      }
    }
  });

  it("never throws, whatever the value", () => {
    fc.assert(
      fc.property(fc.nat(ALL.length - 1), fc.string({ unit: "binary" }), (index, text) => {
        const setting = ALL[index] as Setting;
        const result = setting.parse(text);
        const isSound =
          "problem" in result
            ? result.problem.startsWith(`${setting.name}: `)
            : problemOf(setting, result.text, { isInternal: true }) === null;
        expect(isSound).toBe(true);
      }),
    );
  });
});

describe("long()", () => {
  const row = long({ name: "some.ms", default: null, min: -1, doc: "" });

  it("keeps every digit as text and saturates as number", () => {
    expect(row.parse("9223372036854775807")).toEqual({
      text: "9223372036854775807",
      value: Number.MAX_SAFE_INTEGER,
    });
  });

  it.each(["9223372036854775808", "-2", "1.5", "1e3", "", " ", "0x10", "NaN", "12a"])(
    "refuses %j",
    (text) => {
      expect(row.parse(text)).toHaveProperty("problem");
    },
  );

  it("takes surrounding blanks and leading zeros for what they are", () => {
    expect(row.parse(" +007 ")).toEqual({ text: "7", value: 7 });
  });
});

describe("problemOf()", () => {
  it("names the setting, the value and what is allowed", () => {
    const row = int({ name: "a.count", default: 1, min: 1, max: 5, doc: "" });
    expect(problemOf(row, "9")).toBe(
      'a.count: "9" is not allowed: it must be a whole number from 1 to 5',
    );
  });

  it("escapes and cuts values", () => {
    const row = int({ name: "a.count", default: 1, doc: "" });
    const problem = problemOf(row, `\r\n\u001b[31m${"x".repeat(5_000)}`) as string;
    expect(problem).toMatch(/^[ -~…]+$/);
    expect(problem.length).toBeLessThan(250);
  });

  it("refuses what is allowed but has no effect yet, but for internal topics", () => {
    const { remoteStorageEnable } = TOPIC_SETTINGS;
    expect(problemOf(remoteStorageEnable, "true")).toBe(
      'remote.storage.enable: "true" has no effect yet, so it is refused: tiered storage is not ' +
        "built yet. Served now: false",
    );
    expect(problemOf(remoteStorageEnable, "true", { isInternal: true })).toBeNull();
    expect(problemOf(remoteStorageEnable, "perhaps", { isInternal: true })).toContain(
      "not allowed",
    );
  });
});

describe("list()", () => {
  const row = list({
    name: "a.list",
    default: "",
    values: ["a", "b"],
    isEmptyAllowed: true,
    doc: "",
  });

  it("takes items in any order, each once", () => {
    expect(row.parse(" b , a ,")).toEqual({ text: "b,a", value: ["b", "a"] });
    expect(row.parse("")).toEqual({ text: "", value: [] });
    expect(row.parse("a,a")).toHaveProperty("problem");
    expect(row.parse("a,c")).toHaveProperty("problem");
  });
});
