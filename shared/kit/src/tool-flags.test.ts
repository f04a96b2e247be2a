import { describe, expect, it } from "vitest";
import { parseToolFlags, type Tool, ToolUsageError, usageOf, wholeNumber } from "./tool-flags.ts";

const TOOL: Tool<"runs" | "full"> = {
  command: "npm run try --",
  about: "Tries things.",
  flags: {
    runs: { value: "N", text: "how often" },
    full: { value: null, text: "all of it" },
  },
};

describe("parseToolFlags()", () => {
  it("gives what was given, and nothing for --help", () => {
    expect(parseToolFlags(TOOL, ["--runs", "3", "--full"])).toEqual({ runs: "3", full: "" });
    expect(parseToolFlags(TOOL, [])).toEqual({});
    expect(parseToolFlags(TOOL, ["--help"])).toBeNull();
    expect(parseToolFlags(TOOL, ["-h"])).toBeNull();
  });

  it.each([[["--rounds", "3"]], [["--runs"]], [["three"]], [["--full=yes"]]])(
    "refuses %j",
    (args) => {
      expect(() => parseToolFlags(TOOL, args)).toThrow(ToolUsageError);
    },
  );
});

describe("wholeNumber()", () => {
  it("takes whole numbers from the least on", () => {
    expect(wholeNumber("7", "runs", { min: 1, missing: 10 })).toBe(7);
    expect(wholeNumber(undefined, "runs", { min: 1, missing: 10 })).toBe(10);
  });

  it.each(["abc", "", "0", "-1", "1.5", "1e3"])("refuses %j and names the flag", (text) => {
    expect(() => wholeNumber(text, "runs", { min: 1, missing: 10 })).toThrow(
      `--runs: "${text}" is not a whole number of 1 or more`,
    );
  });
});

it("prints how the tool is called", () => {
  expect(usageOf(TOOL)).toBe(
    "Usage: npm run try -- [flags]\n\nTries things.\n\n  --runs N  how often\n  --full    all of it\n",
  );
});
