/** What a file of browser tests has from its first test to its last: a browser, a broker, the console. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { launchBrowser, seriousIssues, type VisitOptions, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

export type Act = (page: Page) => Promise<void>;

export interface BrowserFixture {
  /** Acts on the page at `path` of `url`; its scripts must not have complained about anything then. */
  onPage(url: string, path: string, act: Act, options?: VisitOptions): Promise<void>;
}

/** One browser for all tests of the file. */
export function browserFixture(): BrowserFixture {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  return {
    async onPage(url, path, act, options = {}) {
      const { page, context, complaints } = await visit(browser, url, options);
      try {
        await page.goto(path);
        await act(page);
        expect(complaints).toEqual([]);
      } finally {
        await context.close();
      }
    },
  };
}

export interface WorldFixture {
  /** From the first test on. */
  readonly world: World;
  /** Acts on a page of the cluster: `/topics`, or `""` for the front page. */
  onPage(path: string, act: Act, options?: VisitOptions): Promise<void>;
}

/** A broker with the console before it and a browser, for all tests of the file. */
export function worldFixture(prepare?: (world: World) => Promise<void>): WorldFixture {
  const browser = browserFixture();
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
    await prepare?.(world);
  }, STARTS_WITHIN_MS);
  afterAll(() => world[Symbol.asyncDispose]());
  return {
    get world() {
      return world;
    },
    onPage: (path, act, options) => browser.onPage(world.app.url, `/c/local${path}`, act, options),
  };
}

/** Once `text` is there, as text or as a label, people with any disability can use the page, in both themes. */
export async function expectReadable(page: Page, text: string): Promise<void> {
  await page.getByText(text).or(page.getByLabel(text)).first().waitFor();
  expect(await seriousIssues(page)).toEqual([]);
}
