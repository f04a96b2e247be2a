import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { playScenario } from "../testing/scenario.ts";

const FOLDER = new URL("./testdata/", import.meta.url);
const isUpdate = process.env["UPDATE_GOLDEN"] === "1";

for (const file of readdirSync(FOLDER).sort()) {
  const url = new URL(file, FOLDER);
  const text = readFileSync(url, "utf8");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? file;
  test(`${file}: ${title}`, () => {
    const played = playScenario(text);
    if (isUpdate) writeFileSync(url, played);
    expect(isUpdate ? text : played).toBe(text);
  });
}
