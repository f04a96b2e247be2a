/** The event browser: find any event, see it whole, share it, all of it by keyboard too. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { type Act, expectReadable, worldFixture } from "./fixture.ts";
import { fill, HOSTILE, ORDER_COUNT } from "./world.ts";

const fixture = worldFixture(fill);

/** A page of a topic. */
const onPage = (path: string, act: Act): Promise<void> => fixture.onPage(`/topics/${path}`, act);

const clipboard = (page: Page): Promise<string> =>
  page.evaluate<string>("navigator.clipboard.readText()");

describe("in both themes", () => {
  it.each([
    ["orders/events", "o-49"],
    ["orders/events?r=0@0", "a valid JSON object"],
    ["orders/events?mode=live", "Waiting for events"],
    ["orders/events?f=value.nothing%3D1", "No events match"],
    ["orders/events?f=value.total%3E", "The filter cannot be read"],
    ["empty.topic/events", "No events yet"],
    ["hostile/events", "tombstone"],
    ["orders/keys", "o-49"],
    ["orders/keys?k=o-17", "put"],
    ["orders/keys?k=nobody", "No event has this key"],
    ["empty.topic/keys", "No event here has a key"],
    ["hostile/events?r=0@1", "A tombstone: this event has no value"],
    ["orders/events?r=0@999999", "There is no event at this offset"],
  ])("%s can be read by everybody", (path, text) =>
    onPage(path, (page) => expectReadable(page, text)),
  );
});

describe("finding events", () => {
  it("by their key: one partition is read, and the end line says so", async () => {
    await onPage("orders/events", async (page) => {
      await page.getByRole("combobox", { name: "Filter events" }).fill('key="o-17"');
      await page.keyboard.press("Enter");
      await page.getByText(`in 1 of 3 partitions, by the key`).waitFor();
      expect(await page.getByRole("row").filter({ hasText: "o-17" }).count()).toBe(
        ORDER_COUNT / 50,
      );
      await page.waitForURL(/f=key/);
    });
  });

  it("by a field of their JSON, and a chip that is switched off is kept", async () => {
    await onPage("orders/events?f=value.id%3E597", async (page) => {
      await page.getByText("That is all.").waitFor();
      expect(await page.getByRole("row").filter({ hasText: '"id":59' }).count()).toBe(2);
      await page.getByRole("button", { name: "value.id>597", exact: true }).click();
      await page.getByText("Continue").waitFor();
      await page.waitForURL(/f=off/);
      await page.getByRole("button", { name: "value.id>597", exact: true }).click();
      await page.getByText("That is all.").waitFor();
    });
  });

  it("says what is wrong with a filter, and keeps what was typed", async () => {
    await onPage("orders/events", async (page) => {
      const bar = page.getByRole("combobox", { name: "Filter events" });
      await bar.fill("value.total>");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").first().waitFor();
      expect(await bar.inputValue()).toBe("value.total>");
    });
  });

  it("offers fields that were seen, by keyboard", async () => {
    await onPage("orders/events", async (page) => {
      await page.getByText("o-49").first().waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("custo");
      await page.getByRole("option", { name: "value.customer.name" }).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.keyboard.type("=c-3");
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "value.customer.name=c-3", exact: true }).waitFor();
    });
  });

  it("goes on where it stopped", async () => {
    await onPage("orders/events?mode=oldest", async (page) => {
      const grid = page.getByRole("grid");
      await waitFor(
        "a full page",
        async () => (await grid.getAttribute("aria-rowcount")) === "201",
      );
      await page.keyboard.press("/");
      await page.keyboard.press("Escape");
      await grid.focus();
      await page.keyboard.press("End");
      await page.getByRole("button", { name: "Continue" }).click();
      await waitFor("two pages", async () => (await grid.getAttribute("aria-rowcount")) === "401");
    });
  });

  it("by time: a stretch of the histogram, marked by keyboard", async () => {
    await onPage("orders/events", async (page) => {
      await page.getByRole("slider").focus();
      await page.keyboard.press("End");
      await page.keyboard.press("Shift+ArrowLeft");
      await page.keyboard.press("Enter");
      await page.waitForURL(/from=time/);
      await page.getByRole("button", { name: "All of it" }).click();
      await waitFor("the range is gone", () => !page.url().includes("from="));
    });
  });
});

describe("one event", () => {
  it("opens by its address, keeps every digit, and moves with the arrows", async () => {
    await onPage("hostile/events?r=0@4", async (page) => {
      await page.getByRole("tree").getByText("9007199254740993").waitFor();
      await page.getByRole("tree").getByText("1.10").waitFor();
      await page.getByRole("grid").focus();
      await page.keyboard.press("ArrowDown");
      await page.waitForURL(/r=0(@|%40)3/);
      await page.getByRole("tab", { name: "Value" }).waitFor();
      await page.keyboard.press("Escape");
      await page.waitForURL((url) => !url.searchParams.has("r"));
    });
  });

  it("whatever is in it stays text", async () => {
    await onPage("hostile/events?r=0@0", async (page) => {
      await page.getByRole("region", { name: "Text" }).getByText("<script>").waitFor();
      await page.getByRole("tab", { name: "Headers" }).click();
      await page
        .getByRole("cell", { name: /script/ })
        .first()
        .waitFor();
      expect(await page.title()).toContain("hostile");
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page.getByRole("menuitem", { name: "The value" }).click();
      await page.getByText("The value is copied").waitFor();
      expect(await clipboard(page)).toBe(HOSTILE);
    });
  });

  it("bytes that are no text are shown as bytes", async () => {
    await onPage("hostile/events?r=0@3", async (page) => {
      await page.getByRole("radio", { name: "Hex" }).click();
      await page.getByRole("region", { name: "Bytes" }).getByText("ff 00 fe").waitFor();
    });
  });

  it("a field becomes a condition and a column", async () => {
    await onPage("orders/events?r=0@0", async (page) => {
      const row = page.getByRole("treeitem").filter({ hasText: "name" });
      await row.hover();
      await row.getByRole("button", { name: "What to do with this field" }).click();
      await page.getByRole("menuitem", { name: "Show as a column" }).click();
      await page.getByRole("columnheader", { name: "customer.name" }).waitFor();
      await row.hover();
      await row.getByRole("button", { name: "What to do with this field" }).click();
      await page.getByRole("menuitem", { name: "Only events with this" }).click();
      await page.getByRole("button", { name: /^value.customer.name=/ }).waitFor();
    });
  });

  it("two are compared, and produced again byte for byte", async () => {
    await fixture.world.api.createTopic({ body: { name: "again" } });
    await onPage("hostile/events?mode=oldest", async (page) => {
      await page.getByRole("checkbox", { name: "Select 0@0" }).check();
      await page.getByRole("checkbox", { name: "Select 0@3" }).check();
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("dialog").getByText("<script>").first().waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Produce again" }).click();
      await page.getByLabel("To the topic").fill("again");
      await page.getByText("it would take it").first().waitFor();
      await page.getByRole("button", { name: "Produce to again" }).click();
      await page.getByText("2 events are produced to again").waitFor();
    });
    const lines = await fixture.world.cli.lines([
      "consume",
      "again",
      "--from",
      "beginning",
      "--to",
      "end",
    ]);
    expect(lines.map(({ key, value }) => ({ key, value }))).toMatchObject([
      { key: { data: HOSTILE }, value: { data: HOSTILE } },
      { key: { encoding: "base64", data: "AP8=" }, value: { encoding: "base64", data: "/wD+" } },
    ]);
  });
});

describe("keys", () => {
  it("lead from the latest of each to every version of one, and what changed", async () => {
    await onPage("orders/keys", async (page) => {
      await page.getByLabel("A key").fill("o-17");
      await page.getByRole("button", { name: "All its versions" }).click();
      await page.getByText("by the key").waitFor();
      const grid = page.getByRole("grid");
      expect(await grid.getAttribute("aria-rowcount")).toBe(String(ORDER_COUNT / 50 + 1));
      await page.getByRole("row").nth(1).click();
      await page.getByText("Different from the version before").waitFor();
      await page.getByRole("cell", { name: "total" }).waitFor();
      await page.waitForURL(/k=o-17/);
      await page.reload();
      await page.getByText("Different from the version before").waitFor();
    });
  });
});

describe("export", () => {
  it("writes the whole result, beyond the rows in sight, to be read back", async () => {
    await onPage("orders/events?mode=oldest&f=value.total%3E20", async (page) => {
      await page.getByText("Looked at").first().waitFor();
      await page.getByRole("button", { name: "Export" }).click();
      const saved = page.waitForEvent("download");
      await page.getByRole("dialog").getByRole("button", { name: "Export" }).click();
      const stream = await (await saved).createReadStream();
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      await page.getByText("That is the whole result.").waitFor();
      const lines = Buffer.concat(chunks).toString().trimEnd().split("\n");
      expect(lines).toHaveLength(ORDER_COUNT - 81);
      expect(JSON.parse(lines[0] ?? "")).toMatchObject({
        topic: "orders",
        headers: [{ name: "trace" }],
      });
    });
  });
});

describe("live mode", () => {
  it("shows what comes, stands still while it is paused, and says how many wait", async () => {
    await fixture.world.api.createTopic({ body: { name: "flow" } });
    const send = (text: string): Promise<unknown> =>
      fixture.world.api.produce({
        params: { topic: "flow" },
        body: { records: [{ value: { encoding: "utf8", data: text } }] },
      });
    await onPage("flow/events?mode=live", async (page) => {
      await page.getByText("Waiting for events").waitFor();
      await waitFor("the first event", async () => {
        await send("first");
        return (await page.getByText("first").count()) > 0;
      });
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByText("Paused: the rows stay as they are").waitFor();
      await send("second");
      await page.getByRole("button", { name: /new: show them/ }).click();
      await page.getByText("second").waitFor();
    });
  });
});
