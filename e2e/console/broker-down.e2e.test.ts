/** What people see while the broker is gone, on every page, and that it goes by itself. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { type Console, STARTS_WITHIN_MS, startConsole } from "./console.ts";

const PATHS = [
  "",
  "/topics",
  "/topics/new",
  "/topics/orders",
  "/groups",
  "/groups/billing",
  "/produce",
  "/brokers",
  "/settings",
];

let browser: Browser;
let app: Console;

beforeAll(async () => {
  // Nobody listens there: port 1 is reserved.
  app = await startConsole("127.0.0.1:1");
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await app[Symbol.asyncDispose]();
});

describe("with the broker down", () => {
  it.each(PATHS)("page %j says so and what to do, and everybody can read it", async (path) => {
    const { page, context, complaints } = await visit(browser, app.url);
    await page.goto(`/c/local${path}`);
    await page.getByText("The broker does not answer.").waitFor();
    expect(await seriousIssues(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
