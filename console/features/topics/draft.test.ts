import { describe, expect, it } from "vitest";
import {
  EMPTY_DRAFT,
  PRESETS,
  presetOf,
  toCommand,
  toHttp,
  toRequest,
  withConfig,
  withPreset,
} from "./draft.ts";

const draft = { ...EMPTY_DRAFT, name: "orders" };

describe("presets", () => {
  it("are recognised by their settings, whatever else is set", () => {
    for (const preset of PRESETS) {
      const made = withPreset(withConfig(draft, "max.message.bytes", "5"), preset);
      expect(presetOf(made)).toBe(preset);
      expect(made.configs["max.message.bytes"]).toBe("5");
    }
    expect(presetOf(withConfig(draft, "retention.ms", "5"))).toBeNull();
  });
});

describe("toRequest()", () => {
  it("leaves out what was not said", () => {
    expect(toRequest(draft)).toEqual({ name: "orders" });
    expect(toRequest({ ...withConfig(draft, "a", "b"), partitionCount: "6" })).toEqual({
      name: "orders",
      partitionCount: 6,
      configs: { a: "b" },
    });
  });

  it("sends nonsense as a number that no broker takes", () => {
    expect(toRequest({ ...draft, partitionCount: "many" }).partitionCount).toBe(0);
  });
});

describe("echoes", () => {
  it("say the same as the form", () => {
    const full = { ...withConfig(draft, "cleanup.policy", "compact"), partitionCount: "6" };
    expect(toCommand(full, "127.0.0.1:9092")).toBe(
      "npx runnel topic create orders \\\n  --partitions 6 \\\n  --config cleanup.policy=compact",
    );
    expect(toHttp(full, "127.0.0.1:9644")).toContain("http://127.0.0.1:9644/v1/topics");
  });

  it("are safe to be pasted into a shell", () => {
    expect(toCommand({ ...draft, name: "a; rm -rf /" }, "127.0.0.1:9092")).toContain(
      "'a; rm -rf /'",
    );
  });
});
