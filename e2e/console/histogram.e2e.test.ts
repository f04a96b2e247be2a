/** The histogram of the event browser: partitions as layers, zoom by wheel and keys, numbers as a table. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 4, 1);
const EVENTS = 500;

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld();
  await world.api.createTopic({ body: { name: "spread", partitionCount: 8 } });
  const records = Array.from({ length: EVENTS }, (_, index) => ({
    value: { encoding: "utf8" as const, data: JSON.stringify({ index }) },
    timestamp: START_MS + (index * 24 * HOUR_MS) / EVENTS,
    partition: index % 3 === 0 ? 0 : index % 8,
  }));
  await world.api.produce({ params: { topic: "spread" }, body: { records } });
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

async function onEvents(query: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, complaints } = await visit(browser, world.app.url);
  try {
    await page.goto(`/c/local/topics/spread/events${query}`);
    await page.getByText("500 events", { exact: true }).first().waitFor();
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

/** The length of the time that the address asks for, in ms; null for all. */
function spanOf(page: Page): number | null {
  const { searchParams } = new URL(page.url());
  const [from, to] = ["from", "to"].map((name) => searchParams.get(name)?.replace("time:", ""));
  return from === undefined || to === undefined ? null : Number(to) - Number(from);
}

describe("the histogram", () => {
  it("has a layer for the largest partitions and one for the others, and the same as a table", async () => {
    await onEvents("", async (page) => {
      await page.getByText("4 others").waitFor();
      await page.getByRole("button", { name: "Events by time as a table" }).click();
      const table = page.getByRole("table", { name: "Events of spread by time" });
      await table.getByRole("columnheader", { name: "Partition 0" }).waitFor();
      await table.getByRole("columnheader", { name: "4 others" }).waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await page.getByRole("button", { name: "Only partition 0" }).click();
      await page.waitForURL(/partitions=0/);
    });
  });

  it("zooms about the pointer by the wheel, and by keys, and back to all of it", async () => {
    await onEvents("", async (page) => {
      const bars = page.getByRole("slider");
      const box = await bars.boundingBox();
      if (box === null) throw new Error("there are no bars");
      await page.mouse.move(box.x + box.width / 4, box.y + box.height / 2);
      await page.mouse.wheel(0, -400);
      const once = await waitFor("a shorter span", () => spanOf(page));
      expect(once).toBeLessThan(20 * HOUR_MS);
      const from = Number(new URL(page.url()).searchParams.get("from")?.replace("time:", ""));
      // A quarter of what went away was on the left of the pointer.
      const left = (from - START_MS) / (24 * HOUR_MS - once);
      expect(left).toBeGreaterThan(0.2);
      expect(left).toBeLessThan(0.3);
      await bars.focus();
      await page.keyboard.press("+");
      await waitFor("a shorter span still", () => (spanOf(page) ?? once) < once);
      for (let turn = 0; turn < 8; turn += 1) await page.keyboard.press("-");
      await waitFor("all of it", () => !page.url().includes("from="));
    });
  });

  it("shows how far a search has come", async () => {
    await onEvents("?mode=oldest", async (page) => {
      const mark = page.getByTitle("Searched up to here");
      await page.getByText("the page is full").waitFor();
      const [bars, searched] = [
        await page.getByRole("slider").boundingBox(),
        await mark.boundingBox(),
      ];
      // 200 of 500 events, the oldest first.
      const share = (searched?.width ?? 0) / (bars?.width ?? 1);
      expect(share).toBeGreaterThan(0.35);
      expect(share).toBeLessThan(0.45);
    });
  });
});
