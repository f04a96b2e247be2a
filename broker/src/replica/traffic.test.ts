import { silentLogger } from "@runnel/kit/world.ts";
import { describe, expect, test } from "vitest";
import { createExposition } from "#metrics/exposition.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { TrafficTable } from "./traffic.ts";

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
