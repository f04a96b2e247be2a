/** Searches that read much: how fast, how soon, and what they cost those who produce. */
import { configsOf, IN_FLIGHT, KIB } from "../bench.ts";
import { drive } from "../driver.ts";
import { besideContest } from "../produce-beside.ts";
import { checkProduce } from "../produce-loads.ts";
import type { Report } from "../report.ts";
import { type Contest, spreadOf } from "../rounds.ts";
import { createTopic, removeFolder } from "../servers.ts";
import type { Settings } from "../session.ts";
import { BatchForm } from "./batch-form.ts";
import { brushFact } from "./page-rows.ts";
import type { Scale } from "./scale.ts";
import { type AdminBroker, startBroker } from "./servers.ts";
import { NO_LIMITS, timeSearch } from "./timed-search.ts";

export const SCAN_ROW = "full scan";
export const BRUSH_ROW = "brush the histogram";
export const PRODUCE_ROW = "produce beside a scan";

const TOPIC = "orders";
const RECORDS_PER_BATCH = 63;
const RECORD_BYTES = KIB;
const DIGITS = 9;
/** One in ten thousand matches: what is measured is looking, not telling. */
const FILTER = "value.total<100090000";
/** Events are so far apart, ms. */
const STEP_MS = 5;
const WARM_UP_SCANS = 1;

const utf8 = new TextEncoder();

export async function searchRows(
  report: Report,
  { folder, rounds }: Settings,
  scale: Scale,
): Promise<void> {
  if (![SCAN_ROW, BRUSH_ROW, PRODUCE_ROW].some((row) => report.wants(row))) return;
  const dataDir = `${folder}/scan`;
  {
    await using broker = await startBroker(dataDir);
    report.tell(`${SCAN_ROW}: producing ${scale.scanBytes / 1e9} GB`);
    await produceOrders(broker, scale.scanBytes);
    await scanFacts(broker, report, scale, rounds);
    await report.fact(BRUSH_ROW, () => brushFact(broker, BRUSH_ROW, TOPIC, rounds));
    await report.row(produceBesideScan(broker, report, rounds, scale));
  }
  removeFolder(dataDir);
}

async function scanFacts(
  broker: AdminBroker,
  report: Report,
  scale: Scale,
  rounds: number,
): Promise<void> {
  if (!report.wants(SCAN_ROW)) return;
  const rates: number[] = [];
  const cpuRates: number[] = [];
  for (let round = -WARM_UP_SCANS; round < rounds; round += 1) {
    const before = broker.cpuMicros();
    const { done, totalMs } = await scan(broker);
    const cpuSeconds = (broker.cpuMicros() - before) / 1e6;
    if (round < 0) continue;
    rates.push((done.records / totalMs) * 1000);
    cpuRates.push(done.records / cpuSeconds);
  }
  const name = `${SCAN_ROW} of ${scale.scanBytes / 1e9} GB by one thread, filter on a JSON path`;
  const add = (what: string, values: readonly number[]): Promise<void> => {
    const spread = spreadOf(values);
    return report.fact(SCAN_ROW, () => ({
      name: `${name}, ${what}`,
      unit: "records/s",
      value: spread.median,
      spread,
      reach: 300_000,
      better: "higher",
    }));
  };
  await add("by the clock", rates);
  await add("by all CPU time of the broker", cpuRates);
}

const scan = (broker: AdminBroker) =>
  timeSearch(broker.api, TOPIC, { filter: FILTER, order: "oldest" });

function produceBesideScan(
  broker: AdminBroker,
  report: Report,
  rounds: number,
  scale: Scale,
): Contest {
  return besideContest(broker, {
    name: `${PRODUCE_ROW} of ${scale.scanBytes / 1e9} GB`,
    workName: "with a scan",
    seconds: scale.produceSeconds,
    rounds,
    beside: (_round, run) => whileScanning(broker, report, run),
  });
}

/** Does `work` while the whole topic is scanned, again and again if need be. */
async function whileScanning<Result>(
  { api }: AdminBroker,
  report: Report,
  work: () => Promise<Result>,
): Promise<Result> {
  const control = new AbortController();
  const begun = Promise.withResolvers<void>();
  let records = 0;
  const scanning = (async () => {
    while (!control.signal.aborted) {
      const query = { ...NO_LIMITS, filter: FILTER, order: "oldest" } as const;
      const call = { signal: control.signal };
      let before = 0;
      for await (const message of api.readEvents({ params: { topic: TOPIC }, query }, call)) {
        if (message.event === "phase" && message.data.phase === "scanning") begun.resolve();
        if (message.event !== "progress" && message.event !== "done") continue;
        records += message.data.records - before;
        before = message.data.records;
      }
    }
  })().catch((error: unknown) => {
    begun.reject(error);
    if (!control.signal.aborted) throw error;
  });
  await begun.promise;
  const startedAt = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  report.tell(`  ${(records / seconds / 1000).toFixed(0)}k records/s were scanned meanwhile`);
  control.abort();
  await scanning;
  return result;
}

/** Fills a topic of one partition with orders of 1 KiB. */
async function produceOrders({ port }: AdminBroker, bytes: number): Promise<void> {
  await createTopic(port, TOPIC, 1, configsOf(false));
  const form = new BatchForm({
    topic: TOPIC,
    partition: 0,
    recordCount: RECORDS_PER_BATCH,
    digits: DIGITS,
    record: orderOf,
  });
  const requests = Math.ceil(bytes / RECORD_BYTES / RECORDS_PER_BATCH);
  const startedAt = Date.now() - requests * RECORDS_PER_BATCH * STEP_MS - 3_600_000;
  let count = 0;
  await drive({
    port,
    connections: 1,
    inFlight: IN_FLIGHT,
    requests,
    ratePerSecond: null,
    frame: () => {
      for (let index = 0; index < RECORDS_PER_BATCH; index += 1) {
        count += 1;
        // Any order of the nine-digit numbers will do that is none.
        form.set(index, 100_000_000 + ((count * 7_919_993) % 900_000_000));
      }
      return form.request(startedAt + count * STEP_MS);
    },
    check: checkProduce,
  });
}

/** An order of 1 KiB whose total is near its end. */
function orderOf(total: string): { readonly key: Uint8Array; readonly value: Uint8Array } {
  const head = {
    id: "o-77",
    placedAt: "2026-05-01T10:00:00.000Z",
    customer: { name: "customer 17", address: { street: "Invalidenstraße 116", zip: "10115" } },
    items: Array.from({ length: 5 }, (_, item) => ({
      sku: `sku-${item}`,
      quantity: item + 1,
      price: 19.99,
      tags: ["new", "blue"],
    })),
    note: "paid",
  };
  const tail = { total: Number(total), currency: "EUR" };
  const key = utf8.encode("o-77");
  const open = utf8.encode(JSON.stringify({ ...head, filler: "", ...tail }));
  const room = RECORD_BYTES - open.length - key.length - 12;
  const filler = "lorem ipsum ".repeat(90).slice(0, Math.max(0, room));
  return { key, value: utf8.encode(JSON.stringify({ ...head, filler, ...tail })) };
}
