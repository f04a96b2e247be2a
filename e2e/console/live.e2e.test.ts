/** The page at work on much: thousands of events a second, a value of 10 MB. It must stay at hand. */
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { launchBrowser, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { mainThreadTasks } from "./main-thread.ts";
import { startWorld, type World } from "./world.ts";

/** The longest task of the page: until it ends, nobody is answered. */
const TASK_MS_MAX = 100;
const ROWS_MAX = 2_000;
const ROWS_IN_PAGE_MAX = 120;
const BATCH = 500;
const BATCHES_PER_SECOND = 10;

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

/** 5,000 events a second into `topic`, until it is left. */
class Flow implements AsyncDisposable {
  readonly #topic: string;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  sentCount = 0;

  constructor(topic: string) {
    this.#topic = topic;
    this.#done = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const startedAtMs = performance.now();
    for (let round = 1; !this.#stop.signal.aborted; round += 1) {
      await world.api.produce({ params: { topic: this.#topic }, body: { records: this.#batch() } });
      this.sentCount += BATCH;
      const dueAtMs = startedAtMs + (round * 1_000) / BATCHES_PER_SECOND;
      await delay(Math.max(0, dueAtMs - performance.now()));
    }
  }

  #batch(): { key: Text; value: Text }[] {
    return Array.from({ length: BATCH }, (_, index) => {
      const id = this.sentCount + index;
      const order = { id, total: id / 4, customer: { name: `c-${id % 997}`, city: "Lyon" } };
      return { key: text(`k-${id % 100}`), value: text(JSON.stringify(order)) };
    });
  }
}

interface Text {
  readonly encoding: "utf8";
  readonly data: string;
}

const text = (data: string): Text => ({ encoding: "utf8", data });

const rowCount = async (page: Page): Promise<number> =>
  Number(await page.getByRole("grid").getAttribute("aria-rowcount")) - 1;

/** The number in front of `words` in the bar above the rows. */
async function counted(page: Page, words: string): Promise<number> {
  const shown = await page.getByText(words).first().textContent();
  return Number((shown ?? "").replace(words, "").replaceAll(/[^0-9]/g, ""));
}

const firstRow = (page: Page): Promise<string | null> => page.getByRole("row").nth(1).textContent();

/** What `act` makes the page do, none of it so long that the page would not answer. */
async function withoutLongTask(page: Page, act: () => Promise<void>): Promise<void> {
  const tasks = await mainThreadTasks(page, act);
  expect(tasks.length).toBeGreaterThan(0);
  expect(tasks.filter((ms) => ms > TASK_MS_MAX)).toEqual([]);
}

describe("5,000 events a second", () => {
  it("bounded rows, a count of those left out, and a page that answers all the while", async () => {
    await world.api.createTopic({ body: { name: "fast", partitionCount: 3 } });
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto("/c/local/topics/fast/events?mode=live");
    await page.getByText("Waiting for events").waitFor();
    await using flow = new Flow("fast");
    await page.getByText("no longer shown").waitFor();
    await withoutLongTask(page, async () => {
      const before = await counted(page, "no longer shown");
      const sent = flow.sentCount;
      await waitFor("20,000 more events", () => flow.sentCount > sent + 20_000);
      await waitFor(
        "most of them came",
        async () => (await counted(page, "no longer shown")) > before + 10_000,
      );
      expect(await rowCount(page)).toBe(ROWS_MAX);
      expect(await page.getByRole("row").count()).toBeLessThan(ROWS_IN_PAGE_MAX);

      await page.keyboard.press("Space");
      await page.getByText("Paused: the rows stay as they are").waitFor();
      const first = await firstRow(page);
      const paused = flow.sentCount;
      await page.getByRole("button", { name: /new: show them/ }).waitFor();
      await waitFor("5,000 more events", () => flow.sentCount > paused + 5_000);
      expect(await firstRow(page)).toBe(first);
      expect(await rowCount(page)).toBe(ROWS_MAX);

      await page.getByRole("button", { name: /new: show them/ }).click();
      await page.getByText("Live", { exact: true }).first().waitFor();
      await waitFor("the rows move on", async () => (await firstRow(page)) !== first);
      expect(await rowCount(page)).toBe(ROWS_MAX);
    });
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a JSON value of 10 MB", () => {
  it("is a begin first, then all of it, without holding up the page", async () => {
    const settings = { "max.message.bytes": String(24 * 1_048_576) };
    await world.api.createTopic({ body: { name: "huge", configs: settings } });
    const items = Array.from({ length: 80_000 }, (_, index) => ({
      id: 9_007_199_254_740_000 + index,
      name: `item ${index}`,
      tags: ["one", "two", "three"],
      text: "x".repeat(60),
    }));
    const value = JSON.stringify({ items });
    expect(value.length).toBeGreaterThan(10_000_000);
    await world.cli.text(["produce", "huge"], `${value}\n`);
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto("/c/local/topics/huge/events");
    const row = page.getByRole("row").nth(1);
    await row.waitFor();
    await withoutLongTask(page, async () => {
      await row.click();
      await page.getByText("Only the begin of").waitFor();
      await page.getByRole("button", { name: "Download" }).waitFor();
      await page.getByRole("button", { name: "Load all" }).click();
      const tree = page.getByRole("tree");
      await tree.getByText("items").waitFor();
      await page.getByRole("button", { name: "Unfold all" }).click();
      await tree.getByText("9007199254740000").waitFor();
      expect(await page.getByRole("treeitem").count()).toBeLessThan(ROWS_IN_PAGE_MAX);
      await page.getByRole("radio", { name: "Raw" }).click();
      await page.getByRole("region", { name: "Text" }).getByText('{"items":[').waitFor();
    });
    expect(complaints).toEqual([]);
    await context.close();
  });
});
