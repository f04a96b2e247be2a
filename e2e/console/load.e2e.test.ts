/** What a first visit loads: pages are light, and what draws charts comes behind them. */
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { fill, startWorld, type World } from "./world.ts";

/** Compressed JavaScript of a page, charts and editors not counted. */
const SCRIPT_BYTES_MAX = 250_000;
const CHARTS = /recharts/;
const SCHEMAS = /ZodError/;

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld();
  await fill(world);
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

/** The texts of all scripts that `page` has loaded when it is done. */
async function scriptsOf(page: Page, path: string): Promise<readonly string[]> {
  const texts: Promise<string>[] = [];
  page.on("requestfinished", (request) => {
    if (request.resourceType() !== "script") return;
    texts.push(request.response().then((response) => response?.text() ?? ""));
  });
  await page.goto(path, { waitUntil: "networkidle" });
  return Promise.all(texts);
}

describe("a first visit", () => {
  it.each([
    ["/c/local", "Overview"],
    ["/c/local/topics", "orders"],
    ["/c/local/topics/orders/events", "o-49"],
  ])("of %s loads at most 250 kB of script, and no schemas", async (path, text) => {
    const { page, context } = await visit(browser, world.app.url);
    const scripts = await scriptsOf(page, path);
    await page.getByText(text).first().waitFor();
    expect(scripts.length).toBeGreaterThan(0);
    const counted = scripts.filter((script) => !CHARTS.test(script));
    // Brotli, which is what the console sends, is smaller still.
    const bytes = counted.reduce((sum, script) => sum + gzipSync(script).length, 0);
    expect(bytes).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
    expect(counted.filter((script) => SCHEMAS.test(script))).toEqual([]);
    await context.close();
  });
});
