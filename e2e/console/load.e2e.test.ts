/** Much at once: rows and memory stay bounded, and the page answers all the while. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { launchBrowser, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

/** Rows of the page, and of the document: what is in sight and a few more. */
const ROWS_MAX = 2_000;
const ROWS_IN_PAGE_MAX = 120;
const BURSTS = 12;
const BURST = 1_000;

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld();
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

async function burst(topic: string, text: string): Promise<void> {
  const records = Array.from({ length: BURST }, (_, index) => ({
    key: { encoding: "utf8" as const, data: `k-${index % 100}` },
    value: { encoding: "utf8" as const, data: JSON.stringify({ text, index }) },
  }));
  await world.api.produce({ params: { topic }, body: { records } });
}

const rowCount = async (page: Page): Promise<number> =>
  Number(await page.getByRole("grid").getAttribute("aria-rowcount")) - 1;

describe("live mode under load", () => {
  it("keeps the newest rows, counts the others, and stays at hand", async () => {
    await world.api.createTopic({ body: { name: "flood", partitionCount: 2 } });
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto("/c/local/topics/flood/events?mode=live");
    await page.getByText("Waiting for events").waitFor();
    await waitFor("the stream flows", async () => {
      await burst("flood", "first");
      return (await page.getByRole("grid").count()) > 0;
    });
    for (let round = 0; round < BURSTS; round += 1) await burst("flood", `round ${round}`);
    await page.getByText("no longer shown").waitFor();
    expect(await rowCount(page)).toBe(ROWS_MAX);
    expect(await page.getByRole("row").count()).toBeLessThan(ROWS_IN_PAGE_MAX);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused: the rows stay as they are").waitFor();
    await burst("flood", "while paused");
    await page.getByRole("button", { name: /new: show them/ }).waitFor();
    expect(await rowCount(page)).toBe(ROWS_MAX);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a value of 10 MB", () => {
  it("is asked for, parsed elsewhere, and shown row by row", async () => {
    const settings = { "max.message.bytes": String(24 * 1_048_576) };
    await world.api.createTopic({ body: { name: "large", configs: settings } });
    const items = Array.from({ length: 80_000 }, (_, index) => ({
      id: 9_007_199_254_740_000 + index,
      name: `item ${index}`,
      tags: ["one", "two", "three"],
      text: "x".repeat(50),
    }));
    const value = JSON.stringify({ items });
    expect(value.length).toBeGreaterThan(8_000_000);
    await world.cli.text(["produce", "large"], `${value}\n`);
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto("/c/local/topics/large/events?r=0@0");
    await page.getByText("Only the begin of").waitFor();
    await page.getByRole("button", { name: "Load all" }).click();
    const tree = page.getByRole("tree");
    await tree.getByText("items").waitFor();
    await tree.getByRole("button", { name: "Unfold" }).first().click();
    await tree.getByText("80000").first().waitFor();
    expect(await page.getByRole("treeitem").count()).toBeLessThan(ROWS_IN_PAGE_MAX);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
