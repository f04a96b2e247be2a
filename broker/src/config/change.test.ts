import { describe, expect, it } from "vitest";
import { type ConfigChange, changeConfigs, replaceConfigs } from "./change.ts";
import { NO_LAYERS, NO_OVERRIDES } from "./effective.ts";

const TOPIC = { kind: "topic", layers: NO_LAYERS } as const;
const set = (name: string, value: string | null): ConfigChange => ({
  name,
  operation: "set",
  value,
});

describe("changeConfigs()", () => {
  it("sets in canonical form, keeps the rest and sorts by name", () => {
    const current = new Map([["segment.ms", "5"]]);
    const outcome = changeConfigs(current, [set("retention.ms", " 010 ")], TOPIC);
    expect(outcome).toEqual({
      overrides: new Map([
        ["retention.ms", "10"],
        ["segment.ms", "5"],
      ]),
    });
    expect(current.size).toBe(1);
  });

  it("keeps what the broker gave its own topic, whatever is asked", () => {
    const pinned = new Map([["cleanup.policy", "compact"]]);
    const scope = { ...TOPIC, pinned };
    const kept = {
      overrides: new Map([
        ["cleanup.policy", "compact"],
        ["segment.ms", "5"],
      ]),
    };
    const changes = [set("segment.ms", "5"), set("cleanup.policy", "compact")];
    expect(changeConfigs(pinned, changes, scope)).toEqual(kept);
    expect(replaceConfigs([{ name: "segment.ms", value: "5" }], scope)).toEqual(kept);
    for (const change of [
      set("cleanup.policy", "delete"),
      { name: "cleanup.policy", operation: "delete", value: null } as const,
      { name: "cleanup.policy", operation: "append", value: "delete" } as const,
    ]) {
      expect(changeConfigs(pinned, [change], scope)).toEqual({
        code: "INVALID_CONFIG",
        problem: 'cleanup.policy: cannot change: the broker keeps "compact" for a topic of its own',
      });
    }
    expect(changeConfigs(pinned, [set("preallocate", "true")], scope)).toMatchObject({
      code: "INVALID_CONFIG",
    });
  });

  it("deletes, whether it was set or not", () => {
    const changes: ConfigChange[] = [
      { name: "segment.ms", operation: "delete", value: null },
      { name: "retention.ms", operation: "delete", value: null },
    ];
    const outcome = changeConfigs(new Map([["segment.ms", "5"]]), changes, TOPIC);
    expect(outcome).toEqual({ overrides: new Map() });
  });

  it("appends to the effective list what it lacks, and takes away", () => {
    const change = (operation: "append" | "subtract", value: string) =>
      changeConfigs(NO_OVERRIDES, [{ name: "cleanup.policy", operation, value }], {
        ...TOPIC,
        isInternal: true,
      });
    expect(change("append", "delete,compact")).toEqual({
      overrides: new Map([["cleanup.policy", "delete,compact"]]),
    });
    expect(change("append", "delete")).toEqual({
      overrides: new Map([["cleanup.policy", "delete"]]),
    });
    expect(change("subtract", "delete")).toMatchObject({ code: "INVALID_CONFIG" });
  });

  it.each([
    ["an unknown name", [set("no.such", "1")], "INVALID_CONFIG", "no topic setting"],
    ["__proto__", [set("__proto__", "1")], "INVALID_CONFIG", "no topic setting"],
    ["an ill-typed value", [set("retention.ms", "soon")], "INVALID_CONFIG", "whole number"],
    ["a value out of bounds", [set("segment.bytes", "1023")], "INVALID_CONFIG", "1048576"],
    ["a value without effect", [set("preallocate", "true")], "INVALID_CONFIG", "no effect"],
    ["no value", [set("retention.ms", null)], "INVALID_REQUEST", "needs a value"],
    ["a name twice", [set("flush.ms", "1"), set("flush.ms", "2")], "INVALID_REQUEST", "twice"],
    [
      "append to what is no list",
      [{ name: "flush.ms", operation: "append", value: "1" }],
      "INVALID_CONFIG",
      "list",
    ],
  ] as const)("refuses %s", (_, changes, code, words) => {
    const outcome = changeConfigs(NO_OVERRIDES, changes, TOPIC);
    expect(outcome).toMatchObject({ code, problem: expect.stringContaining(words) });
  });

  it("changes nothing when one change of several is refused", () => {
    const changes = [set("flush.ms", "1"), set("retention.ms", "x")];
    expect(changeConfigs(NO_OVERRIDES, changes, TOPIC)).not.toHaveProperty("overrides");
  });

  it("changes of a broker what is dynamic, and says how to change the rest", () => {
    const broker = { kind: "broker", layers: NO_LAYERS } as const;
    const live = changeConfigs(NO_OVERRIDES, [set("log.retention.hours", "5")], broker);
    expect(live).toEqual({ overrides: new Map([["log.retention.hours", "5"]]) });
    const fixed = changeConfigs(NO_OVERRIDES, [set("node.id", "5")], broker);
    expect(fixed).toMatchObject({ problem: expect.stringContaining("start the broker again") });
  });
});

describe("replaceConfigs()", () => {
  it("drops what is not named, and takes null for the default", () => {
    const entries = [
      { name: "flush.ms", value: "1" },
      { name: "retention.ms", value: null },
    ];
    expect(replaceConfigs(entries, TOPIC)).toEqual({ overrides: new Map([["flush.ms", "1"]]) });
  });
});
