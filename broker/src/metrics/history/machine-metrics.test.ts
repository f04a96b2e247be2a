import { expect, test } from "vitest";
import { createMemoryWorld } from "#io/memory/world.ts";
import type { ProcessStats } from "#io/ports.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { openHistory } from "./open-history.ts";

const STATS: ProcessStats = {
  memory: () => ({ residentBytes: 100, heapUsedBytes: 20, externalBytes: 3 }),
  cpuSeconds: () => 12,
  loopDelay: () => ({ p50: 0.001, p99: 0.002, max: 0.5 }),
  close() {},
};

test("openHistory() samples process and disk, whatever becomes of the groups; null on a full disk", async () => {
  const world = createMemoryWorld();
  await world.disk.makeDirectory("/data");
  const metrics = new MetricRegistry();
  const never = new Promise<void>(() => {});
  const folders = { folder: "/data", otherFolders: ["/more"] };
  const parts = { ...folders, metrics, stats: STATS, measureGroups: () => never };
  const history = await openHistory(parts, world);
  const from = world.time.nowMs();
  await world.time.advanceAsync(30_000);
  const { series = [] } =
    (await history?.query({
      series: [
        "process_resident_memory_bytes:value",
        "nodejs_eventloop_lag_max_seconds:value",
        "runnel_disk_total_bytes:value",
        "process_cpu_seconds_total:rate",
      ],
      from,
      to: world.time.nowMs(),
      points: 2,
    })) ?? {};
  const free = metrics.all().find(({ name }) => name === "runnel_data_folder_free_bytes");
  expect(free?.kind === "gauges" && [...free.read().keys()]).toEqual(["/data", "/more"]);
  expect(series.map((one) => one?.mean.at(-1))).toEqual([100, 0.5, 1024 ** 4, 0]);
  world.disk.fault = () => ({ kind: "fail", code: "ENOSPC" });
  const again = { ...parts, metrics: new MetricRegistry() };
  expect(await openHistory(again, world)).toBeNull();
  await history?.close();
});
