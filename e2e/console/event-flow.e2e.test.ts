/** The event browser by keyboard alone, from the palette to a comparison; fields beside the rows; the dock. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { fill, startWorld, type World } from "./world.ts";

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

async function onPage(path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, complaints } = await visit(browser, world.app.url);
  try {
    await page.goto(`/c/local${path}`);
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

const openRecord = (page: Page): string | null => new URL(page.url()).searchParams.get("r");

/** The event that is open, once it is another one than `before`. */
const anotherThan = (page: Page, before: string | null): Promise<string> =>
  waitFor("another event is open", () => {
    const now = openRecord(page);
    return now !== before && now;
  });

describe("by keyboard alone", () => {
  it("from the palette to a filter, an event, two compared, and a file", async () => {
    await onPage("", async (page) => {
      const { keyboard } = page;
      await page.getByRole("link", { name: "Topics" }).first().waitFor();
      await keyboard.press("Control+k");
      await page.getByPlaceholder(/A page, topic/).waitFor();
      await keyboard.type("orders");
      await page.getByRole("option", { name: "orders" }).first().waitFor();
      await keyboard.press("Enter");
      await page.waitForURL(/topics\/orders$/);
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Events", exact: true }).waitFor();
      await keyboard.press("e");
      await page.waitForURL(/topics\/orders\/events/);
      await page.getByRole("row").nth(1).waitFor();

      await keyboard.press("/");
      await keyboard.type("custo");
      await page.getByRole("option", { name: "value.customer.name" }).waitFor();
      await keyboard.press("ArrowDown");
      await keyboard.press("Enter");
      await keyboard.type("=c-3");
      await keyboard.press("Enter");
      await page.getByRole("button", { name: "value.customer.name=c-3", exact: true }).waitFor();
      await page.getByText("That is all.").waitFor();
      await keyboard.press("Escape");
      await keyboard.press("Escape");

      await keyboard.press("j");
      await keyboard.press("j");
      await keyboard.press("k");
      await keyboard.press("Enter");
      await page.getByRole("tab", { name: "Value" }).waitFor();
      const first = await anotherThan(page, null);
      await keyboard.press("j");
      const second = await anotherThan(page, first);
      await page.getByRole("heading", { name: second }).waitFor();
      await keyboard.press("k");
      expect(await anotherThan(page, second)).toBe(first);
      await keyboard.press("Escape");
      await waitFor("the event is closed", () => openRecord(page) === null);

      await keyboard.press("x");
      await keyboard.press("j");
      await keyboard.press("x");
      await page.getByText("2 selected").waitFor();
      await keyboard.press("c");
      await page.getByRole("dialog").getByRole("cell", { name: "total" }).waitFor();
      await keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });

      await keyboard.press("Shift+E");
      await page.getByRole("dialog").getByText("Export the result").waitFor();
      await keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await keyboard.press("k");
      expect(await page.evaluate("document.activeElement.getAttribute('role')")).toBe("grid");
    });
  });
});

describe("beside the rows", () => {
  it("fields of the rows become conditions and columns, and can be hidden for good", async () => {
    await onPage("/topics/orders/events", async (page) => {
      const fields = page.getByRole("complementary", { name: "Fields" });
      await fields.getByRole("button", { name: "customer.name", exact: true }).click();
      await fields.getByRole("button", { name: "customer.name as a column" }).click();
      await page.getByRole("columnheader", { name: "customer.name" }).waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await fields.getByTitle("Only events with value.customer.name = c-5").click();
      await page.getByRole("button", { name: "value.customer.name=c-5", exact: true }).waitFor();
      await fields
        .getByRole("button", { name: /without header.trace = / })
        .first()
        .click();
      await page.getByRole("button", { name: /^header.trace!=/ }).waitFor();
      await page.keyboard.press("f");
      await fields.waitFor({ state: "detached" });
      await page.reload();
      await page.getByRole("row").nth(1).waitFor();
      expect(await fields.count()).toBe(0);
    });
  });

  it("an event stands on the right or below, as one likes it", async () => {
    await onPage("/topics/orders/events?r=0@0", async (page) => {
      await page.getByRole("separator", { name: "Width of the detail" }).waitFor();
      await page.getByRole("button", { name: "Show it below the rows" }).click();
      const edge = page.getByRole("separator", { name: "Height of the detail" });
      const before = Number(await edge.getAttribute("aria-valuenow"));
      await edge.press("ArrowUp");
      await waitFor(
        "it is higher",
        async () => Number(await edge.getAttribute("aria-valuenow")) > before,
      );
      expect(await seriousIssues(page)).toEqual([]);
      await page.reload();
      await edge.waitFor();
    });
  });

  it("reading begins where a group is", async () => {
    await onPage("/topics/orders/events", async (page) => {
      await page.getByRole("button", { name: "Quick ranges" }).click();
      await page.getByRole("menuitem", { name: "What billing has not read" }).click();
      await page.waitForURL(/from=group(:|%3A)billing/);
      await page.getByText("events", { exact: false }).first().waitFor();
    });
  });
});
