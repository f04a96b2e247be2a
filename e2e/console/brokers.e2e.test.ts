/** Settings of a broker: what can change while it runs is changed with a look at before and after. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

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

async function onPage(path: string, act: (page: Page) => Promise<void>): Promise<void> {
  const { page, context, complaints } = await visit(browser, world.app.url);
  try {
    await page.goto(`/c/local/${path}`);
    await act(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

async function configOf(broker: string, name: string) {
  const { items } = await world.api.getBrokerConfigs({ params: { broker } });
  return items.find((one) => one.name === name);
}

async function apply(page: Page, subject: string): Promise<void> {
  await page.getByRole("button", { name: "Review and apply" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("table", { name: "Before and after" }).waitFor();
  expect(await seriousIssues(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Apply" }).click();
  await page.getByText(`The settings of ${subject} are changed`).waitFor();
}

describe("settings of a broker", () => {
  it("change after a look at before and after, are found again, and go back", async () => {
    await onPage("brokers/1?show=settings", async (page) => {
      await page.getByLabel("message.max.bytes", { exact: true }).fill("2");
      await page.getByText("1 to change").waitFor();
      await page.getByRole("button", { name: "Undo the change of message.max.bytes" }).click();
      await page.getByText("1 to change").waitFor({ state: "detached" });
      await page.getByLabel("min.insync.replicas", { exact: true }).fill("2");
      await apply(page, "broker 1");
      await page.getByRole("checkbox", { name: "Only what was changed" }).check();
      await page.getByText("message.max.bytes").waitFor({ state: "detached" });
      await page.getByText("this broker", { exact: true }).waitFor();
    });
    expect(await configOf("1", "min.insync.replicas")).toMatchObject({
      value: "2",
      origin: "dynamicBroker",
    });
    await onPage("audit?resource=broker:1", async (page) => {
      await page.getByRole("row").filter({ hasText: "Settings changed" }).first().waitFor();
    });
    await onPage("brokers/1?show=settings&own=true", async (page) => {
      await page.getByLabel("min.insync.replicas", { exact: true }).fill("");
      await apply(page, "broker 1");
    });
    expect(await configOf("1", "min.insync.replicas")).toMatchObject({ origin: "default" });
  });

  it("change for all brokers", async () => {
    await onPage("brokers/1?show=settings&scope=all", async (page) => {
      await page.getByLabel("runnel.key.index.enable", { exact: true }).selectOption("false");
      await apply(page, "all brokers");
    });
    expect(await configOf("default", "runnel.key.index.enable")).toMatchObject({ value: "false" });
    expect(await configOf("1", "runnel.key.index.enable")).toMatchObject({
      value: "false",
      origin: "dynamicDefault",
    });
  });

  it("that the broker refuses are not changed, and it says why", async () => {
    await onPage("brokers/1?show=settings&q=min.insync", async (page) => {
      await page.getByLabel("min.insync.replicas", { exact: true }).fill("none");
      await page.getByRole("button", { name: "Review and apply" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("must be a whole number").first().waitFor();
      expect(await dialog.getByRole("button", { name: "Apply" }).isDisabled()).toBe(true);
    });
  });

  it("that are read at the start say how to set them", async () => {
    await onPage("brokers/1?show=settings&q=log.dirs", async (page) => {
      await page.getByText("RUNNEL_LOG_DIRS").waitFor();
      expect(await page.getByLabel("log.dirs", { exact: true }).count()).toBe(0);
      expect(await seriousIssues(page)).toEqual([]);
    });
  });
});
