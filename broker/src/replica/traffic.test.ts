import { silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import { createMemoryWorld } from "#io/memory/world.ts";
import { createExposition } from "#metrics/exposition.ts";
import { MetricsHistory } from "#metrics/history/history.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { TrafficTable } from "./traffic.ts";

const SLOT_MS = 10_000;

async function received(registry: MetricRegistry): Promise<ReadonlyMap<string, number>> {
  const { text } = await createExposition(registry, silentLogger)();
  const lines = text.matchAll(/^runnel_topic_received_bytes_total\{topic="(.+)"\} (\d+)$/gm);
  return new Map([...lines].map(([, topic = "", value]) => [topic, Number(value)]));
}

describe("TrafficTable", () => {
  test("counts a topic's partitions together, and begins anew with a topic of the same name", async () => {
    const registry = new MetricRegistry();
    const table = new TrafficTable();
    table.register(registry);
    table.open("id-1", "orders").countReceived(100, 2);
    table.open("id-1", "orders").countReceived(11, 1);
    expect(await received(registry)).toEqual(new Map([["orders", 111]]));
    table.close("id-1");
    expect(await received(registry)).toEqual(new Map());
    table.open("id-2", "orders").countReceived(5, 1);
    expect(await received(registry)).toEqual(new Map([["orders", 5]]));
  });

  test("has lines for a thousand topics; the sum of the others only grows", async () => {
    const registry = new MetricRegistry();
    const table = new TrafficTable();
    table.register(registry);
    for (let n = 0; n < 1010; n += 1) table.open(`id-${n}`, `topic-${n}`).countReceived(1, 1);
    expect((await received(registry)).size).toBe(1001);
    expect((await received(registry)).get("other")).toBe(10);
    table.close("id-1005");
    table.close("id-3");
    table.open("id-new", "new").countReceived(7, 1);
    const after = await received(registry);
    expect(after.get("other")).toBe(10);
    expect(after.get("new")).toBe(7);
    expect(after.has("topic-3")).toBe(false);
    const seen: (string | null)[] = [];
    for (const metric of registry.all()) {
      if (metric.kind === "readings") metric.readings.each((member) => void seen.push(member));
    }
    expect(seen.filter((member) => member === "topic-1007")).toHaveLength(4);
  });
});

test("the history does not count a topic again that goes without a line of its own", async () => {
  const { time, disk, clock, scheduler, logger } = createMemoryWorld();
  await disk.makeDirectory("/data");
  time.advance(SLOT_MS - (time.nowMs() % SLOT_MS));
  const registry = new MetricRegistry();
  const table = new TrafficTable();
  table.register(registry);
  for (let n = 0; n < 1_000; n += 1) table.open(`id-${n}`, `t${n}`);
  const last = table.open("id-1000", "last");
  const shape = { columns: 20, slotMs: SLOT_MS, slotsPerBlock: 3, blocks: 20 };
  const parts = { disk, folder: "/data", clock, scheduler, logger, shape };
  const history = await MetricsHistory.open({ ...parts, registries: [registry] });
  const from = time.nowMs();
  const slot = async (act: () => void): Promise<void> => {
    act();
    await time.advanceAsync(SLOT_MS);
  };
  await slot(() => last.countReceived(3_000, 1));
  await slot(() => {
    last.countReceived(500, 1);
    table.close("id-1000");
  });
  await slot(() => table.open("id-1001", "last").countReceived(7_000, 1));
  // Another topic of the name, within one sample.
  await slot(() => {
    table.close("id-1001");
    table.open("id-1002", "last").countReceived(100, 1);
  });
  // One with a line goes, and all that it counted with it.
  await slot(() => table.close("id-0"));
  const name = "runnel_topic_received_bytes_total:rate";
  const range = { from, to: time.nowMs(), points: 6 };
  const { series } = await history.query({ series: [`${name}{*}`, `${name}{=last}`], ...range });
  const [others, own] = series.map((one) => one?.mean ?? []);
  expect(others?.map((rate, at) => (rate ?? 0) + (own?.[at] ?? 0))).toEqual([300, 50, 700, 10, 0]);
});
