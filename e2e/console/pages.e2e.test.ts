/** The pages with real data: everybody can read them, and every flow does what it says. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import { expectReadable, worldFixture } from "./fixture.ts";
import { fill, ODD_GROUP, ORDER_COUNT } from "./world.ts";

/** Each route, with a text that shows that its data has come. */
const ROUTES: readonly (readonly [string, string])[] = [
  ["", "All is well"],
  ["/metrics", "Delay of the event loop"],
  ["/audit", "admin API"],
  ["/audit?r=0", "Before and after"],
  ["/audit?resource=topic:", "admin API"],
  ["/brokers", "Broker 1"],
  ["/brokers/1", "__consumer_offsets"],
  ["/brokers/1?show=settings", "log.retention"],
  ["/topics", "empty.topic"],
  ["/topics?show=marked", "No topics match"],
  ["/topics?show=troubled", "No topics match"],
  ["/topics/new", "All other settings"],
  ["/topics/orders", "Who reads"],
  ["/topics/orders/partitions", "1 of 1"],
  ["/topics/orders/config", "retention.ms"],
  ["/topics/orders/groups", "billing"],
  ["/topics/empty.topic", "No events yet"],
  ["/topics/empty.topic/groups", "No group reads this topic"],
  ["/topics/nowhere", "There is no topic called nowhere"],
  ["/groups", "billing"],
  ["/groups/billing", "Where it is"],
  [`/groups/${encodeURIComponent(ODD_GROUP)}`, "Where it is"],
  ["/groups/nobody", "There is no group called nobody"],
  ["/groups/billing/reset?kind=beginning", "are read again"],
  ["/transactions", "No transactions yet"],
  ["/transactions?show=held", "Nothing is held back"],
  ["/transactions/nobody", "There is no transactional id nobody"],
  ["/produce?topic=orders", "Produced here"],
  ["/settings", "Time zone"],
];

const fixture = worldFixture(fill);
const { onPage } = fixture;

describe("in both themes", () => {
  it.each(ROUTES)("route %j can be read by everybody", (path, text) =>
    onPage(path, (page) => expectReadable(page, text)),
  );
});

describe("topics", () => {
  it("one is created, with the broker's judgement while one types, and its command to copy", async () => {
    await onPage("/topics/new", async (page) => {
      await page.getByLabel("Name").fill("orders");
      await page.getByText("Open orders").waitFor();
      await page.getByLabel("Name").fill("shop.returns");
      await page.getByLabel("Partitions", { exact: true }).fill("4");
      await page.getByRole("button", { name: "Short-lived" }).click();
      await page.getByText("The broker would create it.").waitFor();
      await page.getByText("--partitions 4").waitFor();
      await page.getByText("--config retention.ms=3600000").waitFor();
      await page.getByRole("button", { name: "Create the topic" }).click();
      await page.getByRole("heading", { name: "shop.returns", exact: true }).waitFor();
    });
    const topic = await fixture.world.api.getTopic({ params: { topic: "shop.returns" } });
    expect(topic).toMatchObject({ partitionCount: 4, retentionMs: "3600000" });
  });

  it("are found by a part of their names, and the address remembers it", async () => {
    await onPage("/topics", async (page) => {
      await page.getByText("hostile").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("ord");
      await page.getByText("hostile").waitFor({ state: "detached" });
      await page.waitForURL(/q=ord/);
      await page.reload();
      await page.getByRole("link", { name: "orders" }).waitFor();
      expect(await page.getByText("hostile").count()).toBe(0);
      await page.getByLabel("Filter topics").fill("no such");
      await page.getByText("No topics match").waitFor();
      await page.getByRole("button", { name: "Clear the filter" }).first().click();
      await page.getByText("hostile").waitFor();
    });
  });

  it("settings change after a look at before and after", async () => {
    await onPage("/topics/orders/config", async (page) => {
      await page.getByLabel("retention.ms", { exact: true }).fill("3");
      await page.getByRole("button", { name: "Review and apply" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("3 d").waitFor();
      await dialog.getByRole("button", { name: "Apply" }).click();
      await page.getByText("The settings of orders are changed").waitFor();
    });
    const topic = await fixture.world.api.getTopic({ params: { topic: "orders" } });
    expect(topic.retentionMs).toBe("259200000");
  });

  it("grow, and say what that does to keys", async () => {
    await onPage("/topics/empty.topic", async (page) => {
      await page.getByRole("button", { name: "More to do" }).click();
      await page.getByRole("menuitem", { name: "Add partitions" }).click();
      await page.getByLabel("Partitions in all").fill("5");
      await page.getByRole("dialog").getByRole("button", { name: "Add partitions" }).click();
      await page.getByText("empty.topic has 5 partitions").waitFor();
    });
  });

  it("are deleted only after their name was typed", async () => {
    await fixture.world.api.createTopic({ body: { name: "doomed" } });
    await onPage("/topics/doomed", async (page) => {
      await page.getByRole("button", { name: "More to do" }).click();
      await page.getByRole("menuitem", { name: "Delete the topic" }).click();
      const remove = page.getByRole("button", { name: "Delete for good" });
      await page.getByLabel("Type doomed to confirm").fill("doom");
      expect(await remove.isDisabled()).toBe(true);
      await page.getByLabel("Type doomed to confirm").fill("doomed");
      await remove.click();
      await page.waitForURL(/\/topics$/);
    });
    await expect(fixture.world.api.getTopic({ params: { topic: "doomed" } })).rejects.toMatchObject(
      {
        status: 404,
      },
    );
  });

  it("lose their oldest events after a look at what goes", async () => {
    await fixture.world.api.createTopic({ body: { name: "long" } });
    const value = { encoding: "utf8" as const, data: "x" };
    const records = Array.from({ length: 10 }, () => ({ value }));
    await fixture.world.api.produce({ params: { topic: "long" }, body: { records } });
    await onPage("/topics/long", async (page) => {
      await page.getByRole("button", { name: "More to do" }).click();
      await page.getByRole("menuitem", { name: "Delete events" }).click();
      await page.getByRole("radio", { name: "Before an offset" }).click();
      await page.getByLabel("Offset", { exact: true }).fill("4");
      await page.getByText("4 events go").waitFor();
      await page.getByLabel("Type long to confirm").fill("long");
      await page.getByRole("button", { name: "Delete for good" }).click();
      await page.getByText("4 events of long are deleted").waitFor();
    });
  });
});

describe("producing", () => {
  it("an event goes where its key says, digit for digit, and is listed with its place", async () => {
    await onPage("/produce?topic=orders", async (page) => {
      await page.getByLabel("Key", { exact: true }).fill("o-17");
      await page.getByLabel("Value", { exact: true }).fill('{"id":9007199254740993}');
      await page.getByRole("button", { name: "Check" }).click();
      await page.getByText("The broker would take it").waitFor();
      await page.keyboard.press("Control+Enter");
      await page.getByRole("link", { name: /^orders\/\d+@\d+$/ }).waitFor();
    });
    const lines = await fixture.world.cli.lines([
      "consume",
      "orders",
      "--from",
      "beginning",
      "--to",
      "end",
    ]);
    expect(lines).toHaveLength(ORDER_COUNT + 1);
    const values = lines.map(({ value }) => (value as { readonly data: string }).data);
    expect(values).toContain('{"id":9007199254740993}');
  });

  it("what is no JSON is not sent, and it is said where it goes wrong", async () => {
    await onPage("/produce?topic=orders", async (page) => {
      await page.getByLabel("Value", { exact: true }).fill('{\n "a": 1,\n}');
      await page.getByText(/^Line 3/).waitFor();
      expect(await page.getByRole("button", { name: "Produce", exact: true }).isDisabled()).toBe(
        true,
      );
    });
  });
});

describe("resetting a group by keyboard alone", () => {
  it("goes from the list to the group, shows before and after, and does it", async () => {
    await onPage("", async (page) => {
      await page.getByText("All is well").waitFor();
      await page.keyboard.press("g");
      await page.keyboard.press("g");
      await page.getByRole("grid", { name: "Groups" }).waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("billing");
      await page.waitForURL(/q=billing/);
      await page.getByText(ODD_GROUP).waitFor({ state: "detached" });
      await tabTo(page, "grid");
      await page.keyboard.press("Enter");
      await page.waitForURL(/groups\/billing$/);
      await page.getByText("Where it is").waitFor();
      await page.keyboard.press("r");
      await page.waitForURL(/reset/);
      await page.getByText("Say where to").waitFor();
      await tabTo(page, "radio");
      await page.keyboard.press("ArrowDown");
      await page.getByText("200 events are read again").waitFor();
      await tabTo(page, "button", "Reset the offsets");
      await page.keyboard.press("Enter");
      await page.waitForURL(/groups\/billing$/);
    });
    const { items } = await fixture.world.api.listGroupOffsets({ params: { group: "billing" } });
    expect(items.map(({ committedOffset }) => committedOffset)).toEqual(items.map(() => 0));
  });
});

/** Presses Tab until an element of that role (and name) has the focus. */
async function tabTo(page: Page, role: "grid" | "radio" | "button", name?: string): Promise<void> {
  const wanted = page
    .getByRole(role, name === undefined ? {} : { name, exact: true })
    .and(page.locator(":focus"));
  await waitFor(`focus on ${role} ${name ?? ""}`, async () => {
    await page.keyboard.press("Tab");
    return (await wanted.count()) > 0;
  });
}

describe("finding the way", () => {
  it("the palette opens pages and topics", async () => {
    await onPage("/topics", async (page) => {
      await page.getByRole("link", { name: "orders" }).waitFor();
      await page.keyboard.press("Control+k");
      await page.getByPlaceholder(/A page, topic/).waitFor();
      await page.keyboard.type("host");
      await page.getByRole("option", { name: "hostile" }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(/topics\/hostile$/);
    });
  });

  it("the sheet lists what the keyboard can do, and Esc closes it", async () => {
    await onPage("/topics", async (page) => {
      await page.getByRole("link", { name: "orders" }).waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog").getByText("Create a topic").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    });
  });

  it("keys of somebody typing are left alone", async () => {
    await onPage("/topics", async (page) => {
      await page.getByLabel("Filter topics").fill("");
      await page.getByLabel("Filter topics").focus();
      await page.keyboard.type("gt?");
      expect(await page.getByRole("dialog").count()).toBe(0);
      expect(await page.getByLabel("Filter topics").inputValue()).toBe("gt?");
    });
  });

  it("on a narrow screen everything is still there", async () => {
    const size = { width: 390, height: 844 };
    const act = async (page: Page): Promise<void> => {
      await expectReadable(page, "orders");
      const width = await page.evaluate<number>("document.documentElement.scrollWidth");
      expect(width).toBeLessThanOrEqual(size.width);
    };
    await onPage("/topics", act, { size });
  });
});
