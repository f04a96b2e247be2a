import { describe, expect, it } from "vitest";
import {
  bootstrapFlag,
  consumeCommand,
  kcatProduce,
  produceCommand,
  shellQuote,
} from "./snippets.ts";

describe("shellQuote()", () => {
  it.each([
    ["orders", "orders"],
    ["two words", "'two words'"],
    ["it's", `'it'\\''s'`],
    ["$(rm -rf /)", "'$(rm -rf /)'"],
    ["", "''"],
  ])("%j is %s", (text, quoted) => expect(shellQuote(text)).toBe(quoted));
});

describe("commands", () => {
  it("name the broker only where it is not where everybody looks", () => {
    expect(bootstrapFlag("127.0.0.1:9092")).toBe("");
    expect(consumeCommand("orders", "127.0.0.1:19092")).toBe(
      "npx runnel consume orders --from beginning --bootstrap 127.0.0.1:19092",
    );
  });

  it("say events in a way that no shell reads escapes in", () => {
    expect(produceCommand("orders", "127.0.0.1:9092")).toBe(
      `printf '%s\\n' '{"hello":"world"}' | npx runnel produce orders --key first`,
    );
    expect(kcatProduce("orders", "b:9092")).toBe(
      `printf '%s\\n' 'first:{"hello":"world"}' | kcat -P -b b:9092 -t orders -K :`,
    );
  });
});
