/** Keys: the latest of each, and all versions of one, read, compared and charted, by keyboard too. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

const START = 1_790_000_000_000;
const MINUTE_MS = 60_000;
const MANY = 10_000;
const BINARY = { encoding: "base64", data: "AP8Q4uPk" } as const;

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld();
  await fillKeys(world);
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

const utf8 = (data: string) => ({ encoding: "utf8" as const, data });

/** Topic `stock`: one key through all that a value can be, a key of bytes; topic `ticker`: many versions. */
async function fillKeys({ api }: World): Promise<void> {
  await api.createTopic({ body: { name: "stock" } });
  await api.createTopic({ body: { name: "ticker" } });
  const values = [
    utf8('{"count":9007199254740993,"tags":["a"],"at":1}'),
    utf8('{"count":9007199254740995,"tags":["b","a"],"at":2}'),
    null,
    utf8(""),
    { encoding: "base64" as const, data: "/wD+" },
    utf8('{"count":"12","tags":["b","a"],"at":3}'),
  ];
  const versions = values.map((value, index) => ({
    key: utf8("bolt"),
    value,
    timestamp: START + index * MINUTE_MS,
  }));
  const others = [
    { key: BINARY, value: utf8("one"), timestamp: START },
    { key: BINARY, value: utf8("two"), timestamp: START + MINUTE_MS },
    { key: utf8(""), value: utf8("of the empty key"), timestamp: START },
    { key: utf8("lost"), value: null, timestamp: START + MINUTE_MS },
  ];
  await api.produce({ params: { topic: "stock" }, body: { records: [...versions, ...others] } });
  for (let first = 0; first < MANY; first += 1_000) {
    const records = Array.from({ length: 1_000 }, (_, index) => ({
      key: utf8("price"),
      value: utf8(JSON.stringify({ seq: first + index })),
      timestamp: START + (first + index) * 1_000,
    }));
    await api.produce({ params: { topic: "ticker" }, body: { records } });
  }
}

async function onPage(path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, complaints } = await visit(browser, world.app.url);
  try {
    await page.goto(`/c/local/topics/${path}`);
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

const rowCount = (page: Page): Promise<string | null> =>
  page.getByRole("grid").getAttribute("aria-rowcount");

describe("in both themes", () => {
  it.each([
    ["stock/keys?deleted=true", "of the empty key"],
    ["stock/keys?k=bolt&r=0@1", "tags[0]"],
    ["stock/keys?k=bolt&r=0@5&c=0@0&chart=value.count", "Different from 0@0"],
    [`stock/keys?k=bolt&at=${START + 2 * MINUTE_MS}`, "it was deleted"],
    ["stock/keys?k=b:AP8Q4uPk", "00ff10e2e3e4"],
    ["ticker/keys?k=price&chart=value.seq", "versions are drawn"],
  ])("%s can be read by everybody", async (path, text) => {
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto(`/c/local/topics/${path}`);
    await page.getByText(text).first().waitFor();
    expect(await seriousIssues(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("the latest of each key", () => {
  it("at a time, typed or found along the topic's time by keyboard", async () => {
    await onPage("stock/keys", async (page) => {
      await page.getByRole("row").filter({ hasText: "bolt" }).waitFor();
      // Two hours before any of it there was no key.
      await page.getByLabel("As it was at").fill(String(START - 120 * MINUTE_MS));
      await page.getByText("No event here has a key").waitFor();
      await page.getByLabel("As it was at").fill("");
      await page.getByRole("row").filter({ hasText: "bolt" }).waitFor();
      const slider = page.getByRole("slider", { name: "As it was" });
      await slider.focus();
      await page.keyboard.press("Home");
      await page.waitForURL(new RegExp(`at=${START}`));
      await page.getByRole("row").filter({ hasText: "9007199254740993" }).waitFor();
      await slider.focus();
      await page.keyboard.press("End");
      await waitFor("now again", () => !page.url().includes("at="));
    });
  });

  it("leads to keys that are bytes, and to the empty one", async () => {
    await onPage("stock/keys", async (page) => {
      await page.getByRole("row").filter({ hasText: "00ff10e2e3e4" }).click();
      await page.getByText("2 versions").waitFor();
      await page.getByRole("button", { name: "All keys" }).click();
      await page.getByRole("row").filter({ hasText: "of the empty key" }).click();
      await page.getByText("1 version").first().waitFor();
      await page.waitForURL(/k=/);
    });
  });
});

describe("two events", () => {
  it("are compared in all they are, and what is left out stays left out", async () => {
    await onPage("stock/events?mode=oldest", async (page) => {
      await page.getByRole("checkbox", { name: "Select 0@0" }).check();
      await page.getByRole("checkbox", { name: "Select 0@1" }).check();
      await page.getByRole("button", { name: "Compare" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("cell", { name: "tags[0]" }).waitFor();
      await dialog.getByRole("cell", { name: "Leader epoch" }).waitFor();
      await dialog.getByLabel("Leave out").fill("tags[*], at..");
      await dialog.getByText("at.. is no field").waitFor();
      await dialog.getByRole("cell", { name: "tags[0]" }).waitFor({ state: "detached" });
      expect(await seriousIssues(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Compare" }).click();
      await dialog.getByRole("cell", { name: "count", exact: true }).waitFor();
      expect(await dialog.getByRole("cell", { name: "tags[0]" }).count()).toBe(0);
    });
  });
});

describe("versions of a key", () => {
  it("are stepped through, compared and left by keyboard alone", async () => {
    await onPage("stock/keys?k=bolt", async (page) => {
      await page.getByText("6 versions").waitFor();
      await page.keyboard.press("ArrowRight");
      await page.waitForURL(/r=0(@|%40)5/);
      for (const offset of [4, 3, 2, 1]) {
        await page.keyboard.press("ArrowLeft");
        await page.waitForURL(new RegExp(`r=0(@|%40)${offset}`));
      }
      await page.getByRole("cell", { name: "9007199254740993" }).waitFor();
      await page.getByRole("cell", { name: "9007199254740995" }).waitFor();
      await page.keyboard.press("c");
      await page.waitForURL(/c=0(@|%40)1/);
      await page.keyboard.press("ArrowRight");
      await page.getByText("It was deleted: the later one is a tombstone.").waitFor();
      await page.getByText("Different from 0@1").waitFor();
      await page.reload();
      await page.getByText("Different from 0@1").waitFor();
      const strip = page.getByRole("slider", { name: "Versions by time" });
      await strip.focus();
      await page.keyboard.press("Home");
      await page.waitForURL(/r=0(@|%40)0/);
      expect(await strip.getAttribute("aria-valuetext")).toMatch(/version 1 of 6.*put/);
      await page.keyboard.press("u");
      await page.getByRole("row").filter({ hasText: "of the empty key" }).waitFor();
    });
  });

  it("are compared with any other, without what is to be left out", async () => {
    await onPage("stock/keys?k=bolt&r=0@5", async (page) => {
      await page.getByLabel("Compared with").selectOption("0@1");
      await page.getByRole("cell", { name: "at", exact: true }).waitFor();
      await page.getByRole("radio", { name: "Changes" }).click();
      await page.getByLabel("Leave out").fill("at");
      await page.getByRole("cell", { name: "at", exact: true }).waitFor({ state: "detached" });
      await page.getByRole("cell", { name: "count", exact: true }).waitFor();
    });
  });

  it("say what the key was at a time", async () => {
    await onPage("stock/keys?k=bolt", async (page) => {
      await page.getByText("6 versions").waitFor();
      await page.getByLabel("What it was at").fill(String(START + MINUTE_MS + 1));
      await page.getByText("9007199254740995").first().waitFor();
      await page.getByRole("button", { name: "0@1", exact: true }).click();
      await page.waitForURL(/r=0(@|%40)1/);
      await page.getByLabel("What it was at").fill(String(START - 1));
      await page.getByText("there was no such key that is still known").waitFor();
    });
  });

  it("chart a number over time, with every digit of it in the table", async () => {
    await onPage("stock/keys?k=bolt", async (page) => {
      await page.getByLabel("A number over time").selectOption("value.count");
      await page.locator(".recharts-line").waitFor();
      await page.getByRole("button", { name: "value.count as a table" }).click();
      const table = page.getByRole("table", { name: "value.count over time" });
      const cells = await table.getByRole("row").allInnerTexts();
      expect(cells.slice(1).map((text) => text.split("\t")[1])).toEqual([
        "12",
        "no number",
        "no number",
        "deleted",
        "9007199254740995",
        "9007199254740993",
      ]);
      await table.getByRole("button").last().click();
      await page.waitForURL(/r=0(@|%40)0/);
    });
  });

  it("of ten thousand are shown as far as a page goes, then those before", async () => {
    await onPage("ticker/keys?k=price&chart=value.seq", async (page) => {
      await page.getByText("5,000 versions, not all there are").waitFor();
      expect(await rowCount(page)).toBe("5001");
      await page.getByText("of 5,000 versions are drawn").waitFor();
      // A state that is older than what was read comes from the broker.
      await page.getByLabel("What it was at").fill(String(START + 7_500));
      await page.getByText('{"seq":7}').waitFor();
      await page.getByRole("grid").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await page.waitForURL(/r=0(@|%40)5000/);
      // So does the version before the last that was read.
      await page.getByRole("cell", { name: "4999" }).waitFor();
      await page.getByRole("button", { name: "Show those before" }).click();
      await page.getByText(`{"seq":4999}`).first().waitFor();
      await page.getByRole("button", { name: "Back to the newest" }).waitFor();
    });
  });
});
