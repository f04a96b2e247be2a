/** Lists and charts: narrowed down, saved whole, and a way from each number to what is behind it. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { worldFixture } from "./fixture.ts";
import { fill, HOSTILE, type World } from "./world.ts";

/** More than a page of the list. */
const TOPIC_COUNT = 620;

const fixture = worldFixture(async (world) => {
  await fill(world);
  await createTopics(world);
});
const { onPage } = fixture;

async function createTopics({ api }: World): Promise<void> {
  for (let index = 0; index < TOPIC_COUNT; index += 1) {
    await api.createTopic({ body: { name: `many.${String(index).padStart(3, "0")}` } });
  }
}

async function saved(page: Page, name: string): Promise<readonly string[]> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name, exact: true }).click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString().trimEnd().split("\r\n");
}

describe("the list of topics", () => {
  it("saves all rows that match, not only those that were loaded", () =>
    onPage("/topics?q=many", async (page) => {
      await page.getByRole("link", { name: "many.000" }).waitFor();
      const lines = await saved(page, "CSV");
      expect(lines).toHaveLength(TOPIC_COUNT + 1);
      expect(lines.at(-1)).toMatch(/^many\.619,1,1,0,0,/);
      await page.getByText("620 topics are saved").waitFor();
    }));

  it("loads further pages as one goes down", () =>
    onPage("/topics?q=many", async (page) => {
      await page.getByRole("link", { name: "many.000" }).waitFor();
      const grid = page.getByRole("grid");
      await grid.focus();
      await page.keyboard.press("End");
      await waitFor(
        "all rows",
        async () => (await grid.getAttribute("aria-rowcount")) === String(TOPIC_COUNT + 1),
      );
      await page.keyboard.press("End");
      await page.getByRole("link", { name: "many.619" }).waitFor();
    }));

  it("shows marked topics alone, wherever they are in the order", () =>
    onPage("/topics?q=many.610", async (page) => {
      await page.getByRole("button", { name: "Mark many.610" }).click();
      await page.getByLabel("Filter topics").fill("");
      await page.getByLabel("Which topics").selectOption("marked");
      await waitFor("one row", async () => {
        const count = await page.getByRole("grid").getAttribute("aria-rowcount");
        return count === "2";
      });
      await page.getByRole("link", { name: "many.610" }).waitFor();
      await page.getByRole("button", { name: "Unmark many.610" }).click();
      await page.getByText("No topics match").waitFor();
      await page.getByRole("button", { name: "Clear the filter" }).first().click();
      await page.getByRole("link", { name: "empty.topic" }).waitFor();
    }));

  it("is where the overview's number of troubled partitions leads", () =>
    onPage("", async (page) => {
      const stat = page.locator("div").filter({ hasText: /^Behind or offline/ });
      await stat.getByRole("link").first().click();
      await page.waitForURL(/show=troubled/);
      await page.getByText("No topics match").waitFor();
    }));

  it("keeps a view by its name", () =>
    onPage("/topics?q=host", async (page) => {
      await page.getByRole("link", { name: "hostile" }).waitFor();
      await page.getByRole("button", { name: "Saved views" }).click();
      await page.getByRole("menuitem", { name: "Save or remove" }).click();
      await page.getByLabel("Name of the view").fill("odd ones");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByLabel("Filter topics").fill("");
      await page.getByRole("link", { name: "empty.topic" }).waitFor();
      await page.getByRole("button", { name: "Saved views" }).click();
      await page.getByRole("menuitem", { name: "odd ones" }).click();
      await page.getByRole("link", { name: "empty.topic" }).waitFor({ state: "detached" });
      await page.getByRole("link", { name: "hostile" }).waitFor();
    }));
});

describe("the audit log", () => {
  it("is narrowed down to one thing, and saved with what was before and after", () =>
    onPage("/audit", async (page) => {
      await page.getByRole("grid").getByText("many.619").waitFor();
      await page.getByLabel("Of what kind").selectOption("topic");
      await page.getByLabel("Which topic").fill("orders");
      await page.keyboard.press("Enter");
      await page.waitForURL(/resource=topic(:|%3A)orders/);
      await page.getByRole("grid").getByText("many.619").waitFor({ state: "detached" });
      const lines = await saved(page, "CSV");
      expect(lines[0]).toMatch(/^offset,at,operation,kind,name,.*,asked,before,after$/);
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines.slice(1)) expect(line).toContain(",topic,orders,");
    }));
});

describe("charts", () => {
  /** The metrics of a broker that has just begun: the first sample is after ten seconds. */
  beforeAll(async () => {
    await waitFor("a sample of every topic", async () => {
      const name = "runnel_topic_received_events_total:rate{=orders}";
      const { series } = await fixture.world.api.getMetricHistory({ query: { series: [name] } });
      return series[0]?.avg.some((value) => value !== null) === true;
    });
  });

  const chart = (page: Page, title: string) =>
    page.getByRole("region", { name: title }).locator("svg.recharts-surface").first();

  it("drag marks a time for all of them, and there is a way back", () =>
    onPage("/metrics?range=15m", async (page) => {
      const plot = chart(page, "Bytes from and to clients");
      await plot.waitFor();
      const box = await plot.boundingBox();
      if (box === null) throw new Error("there is no chart");
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.4, y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, y, { steps: 5 });
      await page.mouse.up();
      await page.waitForURL(/range=\d+-\d+/);
      const [from, to] =
        new URL(page.url()).searchParams.get("range")?.split("-").map(Number) ?? [];
      expect(Number(to) - Number(from)).toBeLessThan(400_000);
      await page.getByRole("button", { name: "Back to the last hour" }).click();
      await page.waitForURL((url) => !/range=\d/.test(url.search));
    }));

  it("share their cursor", () =>
    onPage("/metrics?range=15m", async (page) => {
      const plot = chart(page, "Memory of the broker");
      await plot.scrollIntoViewIfNeeded();
      const box = await plot.boundingBox();
      if (box === null) throw new Error("there is no chart");
      await chart(page, "Connections").waitFor();
      await page.mouse.move(box.x + box.width - 14, box.y + box.height / 2);
      const tips = page.locator(".recharts-tooltip-label:visible");
      await waitFor("cursors in several charts", async () => (await tips.count()) > 1);
      const texts = await tips.allTextContents();
      const times = texts.map((text) => Date.parse(text.replace(" ", "T")));
      expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(15_000);
    }));

  it("of a topic lead to its events at that time, by a click and by the table", () =>
    onPage("/topics/orders?range=15m", async (page) => {
      const region = page.getByRole("region", { name: "Events", exact: true }).first();
      const plot = region.locator("svg.recharts-surface").first();
      await plot.waitFor();
      await plot.click();
      await page.waitForURL(/topics\/orders\/events\?.*from=time/);
      await page.goBack();
      await page.getByRole("button", { name: "Events as a table" }).click();
      await page.getByRole("table", { name: "Events" }).getByRole("link").first().click();
      await page.waitForURL(/topics\/orders\/events\?.*from=time/);
    }));
});

describe("whatever is in a name stays text (U3)", () => {
  it("of a group, in its list, on its page and in the audit log", async () => {
    const { cli, api } = fixture.world;
    // The client takes no id with spaces in it.
    const id = HOSTILE.replaceAll(" ", "/");
    await cli.text(["consume", "hostile", "--group", id, "--from", "beginning", "--to", "end"]);
    await api.resetOffsets({ params: { group: id }, body: { to: { kind: "beginning" } } });
    const group = encodeURIComponent(id);
    for (const path of ["/groups", `/groups/${group}`, `/groups/${group}/reset`, "/audit", ""]) {
      await onPage(path, async (page) => {
        await page.getByText('<script>document.title="owned"').first().waitFor();
        expect(await page.title()).not.toBe("owned");
        expect(await page.locator("main img").count()).toBe(0);
      });
    }
  });
});
