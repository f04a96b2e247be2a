/** The console in a browser: how soon people see what they came for. */

import { CreateTopicsApi } from "@runnel/protocol/messages/19-create-topics.ts";
import type { Browser, Page } from "playwright-core";
import type { Fact } from "../facts.ts";
import type { Report } from "../report.ts";
import { spreadOf } from "../rounds.ts";
import { call } from "../servers.ts";
import type { Settings } from "../session.ts";
import { launchBrowser, nextRow, notesOf, resourcesOf, until, withPage } from "./browser.ts";
import { type AdminBroker, startBroker, startConsole } from "./servers.ts";

export const TOPICS_ROW = "topics page";
export const FIRST_PAGE_ROW = "first page";

const TOPICS = 10_000;
const TOPICS_PER_REQUEST = 500;
const CREATE_TOPICS_VERSION = 7;
/** What is typed into the filter, a key after the other; each leaves fewer topics, the first another. */
const TYPED = ["9", "8", "7", "6"];
const HEALTH = 'section[aria-label="Health"]';
const BROKERS = 'table[aria-label="Brokers"] tbody tr';
const CHART = "svg.recharts-surface path.recharts-curve";
/** What the text of a script holds that brings charts. */
const CHART_MARK = "recharts-";

/** Marks a stretch of the histogram with the mouse, until the first events of it are to be seen. */
export async function brushFact(
  broker: AdminBroker,
  name: string,
  topic: string,
  rounds: number,
): Promise<Fact> {
  await using app = await startConsole(broker);
  const browser = await launchBrowser();
  const times: number[] = [];
  try {
    // The first time is for what the processes keep from then on.
    for (let round = -1; round < rounds; round += 1) {
      const url = `http://127.0.0.1:${app.port}/c/local/topics/${topic}/events`;
      const ms = await withPage(browser, [], (page) =>
        brush(page, url, (round + 2) / (rounds + 2)),
      );
      if (round >= 0) times.push(ms);
    }
  } finally {
    await browser.close();
  }
  const spread = spreadOf(times);
  return {
    name: `${name}: from the mouse's release to the first rows, in the browser`,
    unit: "ms",
    value: spread.median,
    spread,
    reach: 500,
  };
}

/** Ms. `share`: where the stretch begins, from 0 to 1 of the histogram. */
async function brush(page: Page, url: string, share: number): Promise<number> {
  await page.goto(url);
  const before = await nextRow(page, null);
  const histogram = page.getByRole("slider");
  await histogram.locator("path").first().waitFor();
  const box = await histogram.boundingBox();
  if (box === null) throw new Error("the histogram is not to be seen");
  const [x, y] = [box.x + box.width * share * 0.9, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + box.width * 0.05, y, { steps: 4 });
  await page.mouse.up();
  const after = await nextRow(page, before.key);
  const released = (await notesOf(page)).inputs.findLast(({ type }) => type === "pointerup");
  return after.at - (released?.at ?? Number.NaN);
}

export async function topicsPageRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  if (!report.wants(TOPICS_ROW)) return;
  await using broker = await startBroker(`${folder}/topics`);
  report.tell(`${TOPICS_ROW}: creating ${TOPICS} topics`);
  await createTopics(broker.port);
  await using app = await startConsole(broker);
  const browser = await launchBrowser();
  const url = `http://127.0.0.1:${app.port}/c/local/topics`;
  const visits: TopicsVisit[] = [];
  try {
    for (let round = -1; round < rounds; round += 1) {
      const visit = await withPage(browser, [], (page) => visitTopics(page, url));
      if (round >= 0) visits.push(visit);
    }
  } finally {
    await browser.close();
  }
  const name = `${TOPICS_ROW} with ${TOPICS} topics`;
  const add = async (what: string, values: readonly number[], reach: number | null) => {
    const spread = spreadOf(values);
    const fact: Fact = {
      name: `${name}: ${what}`,
      unit: "ms",
      value: spread.median,
      spread,
      reach,
    };
    await report.fact(TOPICS_ROW, () => fact);
  };
  await add(
    "from the data's arrival to the first rows",
    visits.map(({ rowsMs }) => rowsMs),
    200,
  );
  await add(
    "filter, from a keystroke to its rows",
    visits.flatMap(({ keyMs }) => keyMs),
    50,
  );
  await add(
    "filter, of that from asking the broker to the rows",
    visits.flatMap(({ askedMs }) => askedMs),
    null,
  );
}

interface TopicsVisit {
  readonly rowsMs: number;
  readonly keyMs: readonly number[];
  readonly askedMs: readonly number[];
}

async function visitTopics(page: Page, url: string): Promise<TopicsVisit> {
  const LIST = "/v1/topics?";
  await page.goto(url);
  let row = await nextRow(page, null);
  const [first] = await resourcesOf(page, LIST);
  const rowsMs = row.at - (first?.responseEnd ?? Number.NaN);
  await page.getByLabel("Filter topics").focus();
  const keyMs: number[] = [];
  const askedMs: number[] = [];
  for (const key of TYPED) {
    await page.keyboard.press(key);
    row = await nextRow(page, row.key);
    const pressed = (await notesOf(page)).inputs.findLast(({ type }) => type === "keydown");
    const asked = (await resourcesOf(page, LIST)).findLast(({ name }) => name.includes("filter="));
    keyMs.push(row.at - (pressed?.at ?? Number.NaN));
    askedMs.push(row.at - (asked?.startTime ?? Number.NaN));
  }
  return { rowsMs, keyMs, askedMs };
}

async function createTopics(port: number): Promise<void> {
  for (let from = 0; from < TOPICS; from += TOPICS_PER_REQUEST) {
    const answer = await call(port, CreateTopicsApi, CREATE_TOPICS_VERSION, {
      topics: Array.from({ length: TOPICS_PER_REQUEST }, (_, index) => ({
        name: `topic-${String(from + index).padStart(5, "0")}`,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [],
      })),
      timeoutMs: 60_000,
      validateOnly: false,
    });
    const refused = answer.topics.find(({ errorCode }) => errorCode !== 0);
    if (refused !== undefined) throw new Error(`${refused.name}: ${refused.errorMessage ?? ""}`);
  }
}

export async function firstPageRows(report: Report, { folder, rounds }: Settings): Promise<void> {
  if (!report.wants(FIRST_PAGE_ROW)) return;
  await using broker = await startBroker(`${folder}/first-page`);
  await broker.api.createTopic({ body: { name: "orders", partitionCount: 3 } });
  await using app = await startConsole(broker);
  const url = `http://127.0.0.1:${app.port}/c/local`;
  const visits: FirstVisit[] = [];
  for (let round = -1; round < rounds; round += 1) {
    // A browser of its own: what another one compiled would help.
    const browser: Browser = await launchBrowser();
    try {
      const visit = await withPage(browser, [HEALTH, BROKERS, CHART], (page) =>
        visitFirst(page, url),
      );
      if (round >= 0) visits.push(visit);
    } finally {
      await browser.close();
    }
  }
  const dataSpread = spreadOf(visits.map(({ dataMs }) => dataMs));
  const chartSpread = spreadOf(visits.map(({ chartsMs }) => chartsMs));
  await report.fact(FIRST_PAGE_ROW, () => ({
    name: `${FIRST_PAGE_ROW}, empty cache: from the address to its data painted`,
    unit: "ms",
    value: dataSpread.median,
    spread: dataSpread,
    reach: 2_000,
    note: `with the lines of its charts after ${chartSpread.median.toFixed(0)} ms`,
  }));
  const [visit] = visits;
  await report.fact(FIRST_PAGE_ROW, () => ({
    name: `${FIRST_PAGE_ROW}: JavaScript as it comes, but for charts`,
    unit: "kB",
    value: (visit?.scriptBytes ?? Number.NaN) / 1000,
    reach: 250,
    note: `charts ${((visit?.chartBytes ?? 0) / 1000).toFixed(0)} kB`,
  }));
}

interface FirstVisit {
  readonly dataMs: number;
  readonly chartsMs: number;
  readonly scriptBytes: number;
  readonly chartBytes: number;
}

async function visitFirst(page: Page, url: string): Promise<FirstVisit> {
  const chartScripts = new Set<string>();
  const looked: Promise<void>[] = [];
  page.on("response", (response) => {
    if (!new URL(response.url()).pathname.endsWith(".js")) return;
    const look = response.text().then((text) => {
      if (text.includes(CHART_MARK)) chartScripts.add(response.url());
    });
    looked.push(look);
  });
  await page.goto(url);
  const { found } = await until(
    page,
    "({ found }) => Object.values(found).filter((at) => at !== null).length === 3",
  );
  const at = (selector: string): number => found[selector] ?? Number.NaN;
  await Promise.all(looked);
  let [scriptBytes, chartBytes] = [0, 0];
  for (const { name, encodedBodySize } of await resourcesOf(page, ".js")) {
    if (chartScripts.has(name)) chartBytes += encodedBodySize;
    else scriptBytes += encodedBodySize;
  }
  return {
    dataMs: Math.max(at(HEALTH), at(BROKERS)),
    chartsMs: at(CHART),
    scriptBytes,
    chartBytes,
  };
}
