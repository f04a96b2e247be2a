/** The pages of transactions, with real ones: open, ended, and one that nobody coordinates. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../harness/wait.ts";
import {
  kafkajsTransactions,
  type Transaction,
  type TransactionalProducer,
} from "../transactions/clients.ts";
import { leaveHanging } from "../transactions/hanging.ts";
import { seriousIssues } from "./browser.ts";
import { STARTS_WITHIN_MS } from "./console.ts";
import { type Act, browserFixture, expectReadable } from "./fixture.ts";
import { startWorld, type World } from "./world.ts";

/** An id that has to be quoted wherever it goes. */
const ODD_ID = "pay/ü?#%2F";
const ODD_PAGE = `/transactions/${encodeURIComponent(ODD_ID)}`;

const browser = browserFixture();
let dataDir: string;
let world: World;
const producers: TransactionalProducer[] = [];
const onPage = (path: string, act: Act): Promise<void> =>
  browser.onPage(world.app.url, `/c/local${path}`, act);

async function begin(transactionalId: string): Promise<Transaction> {
  const producer = await kafkajsTransactions.start(world.broker.kafka, transactionalId, {
    timeoutMs: 600_000,
  });
  producers.push(producer);
  return await producer.begin();
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "runnel-hanging-"));
  await leaveHanging(dataDir, { topic: "ledger", partitions: [1] });
  world = await startWorld({ dataDir });
  await world.api.createTopic({ body: { name: "orders", partitionCount: 2 } });
  const open = await begin(ODD_ID);
  await open.send("orders", 0, "{}");
  await open.sendOffset?.({ groupId: "billing", topic: "orders", partition: 1, offset: 7 });
  const done = await begin("exports");
  await done.send("orders", 1, "{}");
  await done.commit();
}, STARTS_WITHIN_MS);
afterAll(async () => {
  for (const producer of producers) await producer[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});

describe("in both themes", () => {
  it.each([
    ["/transactions", "A transaction hangs in 1 partition."],
    ["/transactions?show=held", "Held by"],
    ["/transactions?show=held&at=ledger/1", "Abort here …"],
    [ODD_PAGE, "Where it is open"],
    ["/transactions/exports", "no transaction is under way"],
    ["/topics/orders/partitions", "waits for"],
    ["/groups/billing", "7 pending"],
  ])("route %j can be read by everybody", (path, text) =>
    onPage(path, (page) => expectReadable(page, text)),
  );
});

const dialogButton = (page: Page, name: string) =>
  page.getByRole("dialog").getByRole("button", { name, exact: true });

describe("transactions", () => {
  it("are narrowed down, and the address remembers it", async () => {
    await onPage("/transactions", async (page) => {
      await page.getByRole("link", { name: "exports" }).waitFor();
      await page.getByLabel("State", { exact: true }).selectOption("Ongoing");
      await page.getByRole("link", { name: "exports" }).waitFor({ state: "detached" });
      await page.waitForURL(/state=Ongoing/);
      await page.reload();
      await page.getByRole("link", { name: ODD_ID }).waitFor();
      await page.getByLabel("Open for", { exact: true }).selectOption("3600");
      await page.getByText("No transactions match").waitFor();
      await page.getByRole("button", { name: "Clear the filter" }).first().click();
      await page.getByRole("link", { name: "exports" }).waitFor();
    });
  });

  it("what hangs is found from the list, and aborted where it hangs", async () => {
    await onPage("/transactions", async (page) => {
      await page.getByRole("link", { name: "Show where" }).click();
      await page.waitForURL(/hanging=true/);
      await page.getByRole("grid", { name: "Partitions held back" }).getByText("ledger").click();
      await page.waitForURL(/at=ledger/);
      await page.getByRole("button", { name: "Abort here …" }).click();
      await page.getByRole("dialog").getByText("1 event held back").waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await dialogButton(page, "Abort it here").click();
      await page.getByText("What hung in ledger, partition 1, is aborted").waitFor();
      await page.getByText("No transaction is open here any more").waitFor();
    });
    const { items } = await world.api.listPartitions({ params: { topic: "ledger" } });
    expect(items[1]).toMatchObject({ lastStableOffset: 2, highWatermark: 2, holder: null });
  });

  it("one is aborted, by way of the topic that it holds back, after a look at what that does", async () => {
    await onPage("/topics/orders/partitions", async (page) => {
      await page.getByRole("link", { name: ODD_ID }).click();
      await page.getByText("Where it is open").waitFor();
      await page.getByRole("button", { name: "Abort …" }).click();
      await page.getByRole("dialog").getByText("The offsets of billing stay").waitFor();
      expect(await seriousIssues(page)).toEqual([]);
      await dialogButton(page, "Abort the transaction").click();
      await page.getByText("aborted", { exact: true }).waitFor();
    });
    await waitFor("nothing is held back", async () => {
      return (await world.api.listHeldPartitions()).total === 0;
    });
    const params = { transactionalId: ODD_ID };
    expect((await world.api.getTransaction({ params })).state).toBe("CompleteAbort");
  });

  it("what was done stands in the audit log, with a link to the id", async () => {
    await onPage(`/audit?resource=${encodeURIComponent(`transaction:${ODD_ID}`)}`, async (page) => {
      await page.getByRole("grid", { name: "Changes" }).getByText(ODD_ID).click();
      await page.getByRole("link", { name: `transaction ${ODD_ID}` }).click();
      await page.getByRole("heading", { name: ODD_ID }).waitFor();
    });
  });
});
