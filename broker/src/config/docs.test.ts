import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { configPage } from "./docs.ts";

it("docs/config.md is what the table says (run: npm run docs:config)", () => {
  const page = new URL("../../../docs/config.md", import.meta.url);
  expect(readFileSync(page, "utf8")).toBe(configPage());
});
