/** Producing: by hand, from templates, and from files, which bring back what was exported. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, seriousIssues, visit } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { startWorld, type World } from "./world.ts";

const START = 1_790_000_000_000;

let world: World;
let browser: Browser;

beforeAll(async () => {
  world = await startWorld();
  await world.api.createTopic({ body: { name: "target", partitionCount: 2 } });
  browser = await launchBrowser();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  await browser.close();
  await world[Symbol.asyncDispose]();
});

const utf8 = (data: string) => ({ encoding: "utf8" as const, data });
const base64 = (data: string) => ({ encoding: "base64" as const, data });

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

interface File {
  readonly name: string;
  readonly text: string;
}

const choose = (page: Page, { name, text }: File): Promise<void> =>
  page
    .getByLabel(/Choose (a|another) file/)
    .setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });

async function exported(page: Page, topic: string, format: string): Promise<string> {
  await page.goto(`/c/local/topics/${topic}/events?mode=oldest`);
  await page.getByText("Looked at").first().waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("radio", { name: format, exact: true }).click();
  const saved = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export" }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await saved).createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** All that has to survive, in an order that partitions keep. */
const RECORDS = [
  { key: utf8("json"), value: utf8('{"id":9007199254740993,"price":1.10}') },
  { key: utf8("json"), value: null },
  { key: utf8("json"), value: utf8("") },
  { key: null, value: utf8("no key") },
  { key: utf8(""), value: utf8("=1+1,\"quoted\"\r\n'line'") },
  { key: base64("AP8Q4uPk"), value: base64("/wD+AQID") },
  { key: utf8("odd"), value: utf8("\u0000\u202e\ufeff ü 𝄞") },
  {
    key: utf8("headers"),
    value: utf8("x"),
    headers: [
      { name: "trace", value: utf8("t-1") },
      { name: "trace", value: null },
      { name: "", value: utf8("") },
      { name: "bytes", value: base64("/w==") },
    ],
  },
].map((record, index) => ({ ...record, partition: index % 2, timestamp: START + index }));

describe("in both themes", () => {
  it.each([
    ["produce?topic=target&from=file", "Check, then produce"],
    ["produce?topic=target", "Fill in"],
  ])("%s can be read by everybody", async (path, text) => {
    const { page, context, complaints } = await visit(browser, world.app.url);
    await page.goto(`/c/local/${path}`);
    await page.getByText(text).first().waitFor();
    expect(await seriousIssues(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

describe("a file", () => {
  it.each([
    ["NDJSON: a line each", "ndjson"],
    ["JSON", "json"],
    ["CSV", "csv"],
  ])("that was exported as %s comes back byte for byte", async (format, extension) => {
    const [from, to] = [`from.${extension}`, `to.${extension}`];
    for (const name of [from, to]) {
      await world.api.createTopic({ body: { name, partitionCount: 2 } });
    }
    await world.api.produce({ params: { topic: from }, body: { records: RECORDS } });
    await onPage(`topics/${from}`, async (page) => {
      const text = await exported(page, from, format);
      await page.goto(`/c/local/produce?topic=${to}&from=file`);
      await choose(page, { name: `${from}.${extension}`, text });
      await page.getByText(`${RECORDS.length} events`).first().waitFor();
      await page.getByLabel("Into the partitions that the file says").check();
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText(`would take ${RECORDS.length} of ${RECORDS.length}.`).waitFor();
      await page.getByRole("button", { name: `Produce ${RECORDS.length} events` }).click();
      await page.getByText(`${RECORDS.length} of ${RECORDS.length} are produced.`).waitFor();
      expect((await exported(page, to, format)).replaceAll(to, from)).toBe(text);
    });
  });

  it("says in which lines it is wrong, and is not sent", async () => {
    await onPage("produce?topic=target&from=file", async (page) => {
      const text = '{"value":null}\n{"value":{"encoding":"base64","data":"?"}}\n\n{"vale":null}\n';
      await choose(page, { name: "wrong.ndjson", text });
      const alert = page.getByRole("alert").filter({ hasText: "2 places are wrong" });
      await alert.getByText("Line 2:").waitFor();
      await alert.getByText("not base64: ?").waitFor();
      await alert.getByText("Line 4:").waitFor();
      expect(await page.getByRole("button", { name: "Check" }).isDisabled()).toBe(true);
      await choose(page, { name: "wrong.json", text: '[\n{"value":null},\n{"value"}\n]' });
      await page.getByText("Line 3:").waitFor();
      await choose(page, { name: "right.ndjson", text: '{"value":null}' });
      await page.getByText("One event.").waitFor();
      await page.getByRole("cell", { name: "tombstone" }).waitFor();
    });
  });

  it("that the broker refuses in part goes on with the rest, by keyboard", async () => {
    await world.api.createTopic({
      body: { name: "narrow", configs: { "max.message.bytes": "2000" } },
    });
    const values = ["a", "b".repeat(3_000), "c"];
    const text = values.map((data) => JSON.stringify({ value: utf8(data) })).join("\n");
    await onPage("produce?topic=narrow&from=file", async (page) => {
      await choose(page, { name: "part.ndjson", text });
      await page.getByText("3 events").first().waitFor();
      await page.getByRole("button", { name: "Check" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("would take 2 of 3, and refuse 1.").waitFor();
      await page.getByRole("list", { name: "Refused" }).getByText("Line 2:").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.getByText("2 of 3 are produced, 1 was refused.").waitFor();
      await page.getByRole("link", { name: "narrow/0@0" }).click();
      await page.getByRole("region", { name: "Event narrow/0@0" }).waitFor();
    });
  });

  it("for a partition that is not there waits, names the line, and can leave it out", async () => {
    await onPage("produce?topic=target&from=file", async (page) => {
      const text = '{"value":null}\n{"value":null,"partition":7}';
      await choose(page, { name: "far.ndjson", text });
      await page.getByText("2 events").first().waitFor();
      await page.getByLabel("Into the partitions that the file says").check();
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText("Line 2: partition: there are 2 partitions").waitFor();
      await page.getByRole("button", { name: "Leave these out and go on" }).click();
      await page.getByText("would take 0 of 2, and refuse 2.").waitFor();
      expect(await page.getByRole("button", { name: "Produce" }).last().isDisabled()).toBe(true);
    });
  });
});

describe("by hand", () => {
  it("an event is a template of this topic, with placeholders, at a rate", async () => {
    await onPage("produce?topic=target", async (page) => {
      await page.getByLabel("Key", { exact: true }).fill("k-{{n}}");
      await page.getByLabel("Value", { exact: true }).fill('{"n":{{n}},"id":"{{uuid}}"}');
      await page.getByText("Line 1:").waitFor();
      await page.getByRole("checkbox", { name: "Fill in" }).check();
      await page.getByText("Line 1:").waitFor({ state: "detached" });
      await page.getByLabel("How often").fill("5");
      await page.getByLabel("A second").fill("50");
      await page.getByRole("button", { name: "Templates" }).click();
      await page.getByRole("menuitem", { name: "Save or remove" }).click();
      await page.getByLabel("Name of the event as it is written now").fill("five of them");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.reload();
      await page.getByRole("button", { name: "Templates" }).click();
      await page.getByRole("menuitem", { name: "five of them" }).click();
      expect(await page.getByLabel("Key", { exact: true }).inputValue()).toBe("k-{{n}}");
      await page.keyboard.press("Control+Enter");
      await page.getByText("Produced here (5)").waitFor();
      await page.goto("/c/local/produce?topic=other");
      await page.getByRole("button", { name: "Templates" }).click();
      await page.getByRole("menuitem", { name: "Save or remove" }).waitFor();
      expect(await page.getByRole("menuitem", { name: "five of them" }).count()).toBe(0);
    });
    const lines = await world.cli.lines([
      "consume",
      "target",
      "--from",
      "beginning",
      "--to",
      "end",
    ]);
    const keys = lines.map(({ key }) => (key as { readonly data: string } | null)?.data);
    expect(keys).toHaveLength(5);
    expect(new Set(keys)).toEqual(new Set(["k-1", "k-2", "k-3", "k-4", "k-5"]));
  });

  it("a rate can be stopped", async () => {
    await world.api.createTopic({ body: { name: "slow" } });
    await onPage("produce?topic=slow", async (page) => {
      await page.getByLabel("Value", { exact: true }).fill("1");
      await page.getByLabel("How often").fill("1000");
      await page.getByLabel("A second").fill("5");
      await page.getByRole("button", { name: "Produce 1000" }).click();
      await page.getByText(/Produced here \([1-9]/).waitFor();
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByRole("button", { name: "Produce 1000" }).waitFor();
    });
    const { eventCount } = await world.api.getTopic({ params: { topic: "slow" } });
    expect(eventCount).toBeLessThan(1_000);
  });
});
