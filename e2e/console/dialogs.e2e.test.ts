/** Everything that opens over a page can be used by everybody, in both themes. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { seriousIssues } from "./browser.ts";
import { worldFixture } from "./fixture.ts";
import { fill } from "./world.ts";

const { onPage } = worldFixture(fill);

const button = (page: Page, name: string | RegExp): Promise<void> =>
  page.getByRole("button", { name }).first().click();

async function fromMenu(page: Page, menu: string, item: string): Promise<void> {
  await button(page, menu);
  await page.getByRole("menuitem", { name: item }).click();
}

/** What opens it, and a text in it that shows that it is complete. */
const DIALOGS: readonly (readonly [string, string, string, (page: Page) => Promise<void>])[] = [
  ["the palette", "", "Light or dark", (page) => page.keyboard.press("Control+k")],
  ["the keys", "/topics", "Keyboard shortcuts", (page) => page.keyboard.press("?")],
  [
    "deleting a topic",
    "/topics/orders",
    "Type orders to confirm",
    (page) => fromMenu(page, "More to do", "Delete the topic"),
  ],
  [
    "deleting events",
    "/topics/orders",
    "Before an offset",
    (page) => fromMenu(page, "More to do", "Delete events"),
  ],
  [
    "adding partitions",
    "/topics/orders",
    "Partitions in all",
    (page) => fromMenu(page, "More to do", "Add partitions"),
  ],
  [
    "deleting several topics",
    "/topics",
    "empty.topic",
    async (page) => {
      await page.getByRole("checkbox", { name: "Select empty.topic" }).check();
      await page.getByRole("checkbox", { name: "Select hostile" }).check();
      await button(page, "Delete …");
    },
  ],
  [
    "a change of settings",
    "/topics/orders/config",
    "Apply",
    async (page) => {
      await page.getByLabel("retention.ms", { exact: true }).fill("3");
      await button(page, "Review and apply");
    },
  ],
  [
    "deleting a group",
    "/groups/billing",
    "Type billing to confirm",
    (page) => button(page, "Delete …"),
  ],
  [
    "saved views",
    "/groups",
    "Name of the view as it is now",
    (page) => fromMenu(page, "Saved views", "Save or remove views"),
  ],
];

describe("dialogs", () => {
  it.each(DIALOGS)("%s, on page %j", (_, path, text, open) =>
    onPage(path, async (page) => {
      await page.getByText("Connected").waitFor();
      await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
      await open(page);
      await page.getByRole("dialog").getByText(text).first().waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }),
  );
});

describe("menus", () => {
  it.each([
    ["/topics", "Columns"],
    ["/topics", "Saved views"],
    ["/topics/orders", "More to do with this topic"],
    ["/topics", "Time zone"],
    ["/topics", "How often data is refreshed"],
  ])("on page %j: %s", (path, name) =>
    onPage(path, async (page) => {
      await page.getByText("Connected").waitFor();
      await button(page, name);
      await page.getByRole("menu").waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("menu").waitFor({ state: "detached" });
    }),
  );
});
