import { expect, test } from "vitest";
import { MetricRegistry } from "#metrics/metric.ts";
import type { GroupLag, Lags } from "./lag-table.ts";
import { registerGroupMetrics } from "./probe.ts";

const group = (groupId: string, lag: number, oldestAt: number | null): GroupLag => ({
  groupId,
  state: "Empty",
  type: "classic",
  protocolType: "consumer",
  memberCount: 2,
  topicCount: 1,
  offsetCount: 1,
  lag,
  oldestAt,
});

function read(
  lags: Lags | null,
  name: string,
): [member: string | null, value: number, named: boolean][] {
  const registry = new MetricRegistry();
  registerGroupMetrics(registry, { lags: () => lags, usage: () => ({ pendingOffsets: 0 }) });
  const metric = registry.all().find((one) => one.name === name);
  const seen: [string | null, number, boolean][] = [];
  if (metric?.kind === "readings") metric.readings.each((...reading) => void seen.push(reading));
  return seen;
}

test("lag in seconds is that of the oldest event; of what nobody knows nothing is said", () => {
  const groups = [
    group("a", 5, 4_000),
    group("b", 0, null),
    group("c", 5, null),
    group("d", 1, 99_000),
  ];
  const lags = { takenAt: 10_000, groups, topics: new Map() };
  expect(read(lags, "runnel_group_lag_seconds")).toEqual([
    ["a", 6, true],
    ["b", 0, true],
    ["d", 0, true],
  ]);
  expect(read(lags, "runnel_group_lag_events")).toHaveLength(4);
  expect(read(null, "runnel_group_lag_events")).toEqual([]);
});

test("the thousand groups that are most behind are named, the others summed up", () => {
  const groups = Array.from({ length: 1_500 }, (_, at) => group(`g${at}`, Math.max(at, 600), 0));
  const lags = { takenAt: 0, groups, topics: new Map() };
  const seen = read(lags, "runnel_group_lag_events");
  expect(seen).toHaveLength(1_001);
  const named = new Set(seen.map(([member]) => member));
  expect(["g601", "g1499"].every((one) => named.has(one))).toBe(true);
  expect(seen.at(-1)).toEqual([null, 500 * 600, true]);
  expect(read(lags, "runnel_group_lag_seconds")).toHaveLength(1_000);
  expect(read(lags, "runnel_group_members").at(-1)).toEqual([null, 1_000, true]);
});
