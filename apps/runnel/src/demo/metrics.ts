/** Samples of /proc turned into values for `host.metrics`: rates between two samples, levels now. */
import type { CpuSample, DiskTotals, NetworkTotals } from "./proc.ts";

/** What was read at one moment; null or empty for what this system does not offer. */
export interface HostSample {
  /** Monotonic ms, for the distance between samples. */
  readonly atMs: number;
  readonly cpu: CpuSample | null;
  readonly load: readonly [number, number, number] | null;
  readonly memory: ReadonlyMap<string, number>;
  readonly disks: ReadonlyMap<string, DiskTotals>;
  readonly network: ReadonlyMap<string, NetworkTotals>;
}

export type MetricGroup = "cpu" | "memory" | "disk" | "network";

/** One value per group of which both samples tell something. */
export function metricsBetween(
  before: HostSample,
  after: HostSample,
): ReadonlyMap<MetricGroup, Readonly<Record<string, unknown>>> {
  const seconds = Math.max(after.atMs - before.atMs, 1) / 1_000;
  const metrics = new Map<MetricGroup, Readonly<Record<string, unknown>>>();
  if (before.cpu !== null && after.cpu !== null) {
    metrics.set("cpu", cpuMetrics(before.cpu, after.cpu, after.load));
  }
  if (after.memory.has("MemTotal")) metrics.set("memory", memoryMetrics(after.memory));
  const disks = pairsOf(before.disks, after.disks).map(([name, from, to]) => ({
    name,
    readsPerSecond: rate(from.reads, to.reads, seconds),
    readBytesPerSecond: rate(from.readBytes, to.readBytes, seconds),
    writesPerSecond: rate(from.writes, to.writes, seconds),
    writtenBytesPerSecond: rate(from.writtenBytes, to.writtenBytes, seconds),
    busyPercent: Math.min(100, rate(from.busyMs, to.busyMs, seconds * 10)),
  }));
  if (disks.length > 0) metrics.set("disk", { disks });
  const interfaces = pairsOf(before.network, after.network).map(([name, from, to]) => ({
    name,
    receivedBytesPerSecond: rate(from.receivedBytes, to.receivedBytes, seconds),
    receivedPacketsPerSecond: rate(from.receivedPackets, to.receivedPackets, seconds),
    sentBytesPerSecond: rate(from.sentBytes, to.sentBytes, seconds),
    sentPacketsPerSecond: rate(from.sentPackets, to.sentPackets, seconds),
    errors: to.receiveErrors + to.sendErrors,
  }));
  if (interfaces.length > 0) metrics.set("network", { interfaces });
  return metrics;
}

function cpuMetrics(
  before: CpuSample,
  after: CpuSample,
  load: HostSample["load"],
): Readonly<Record<string, unknown>> {
  const spent = (name: keyof CpuSample["times"]): number =>
    Math.max(0, after.times[name] - before.times[name]);
  const idle = spent("idle");
  const names = ["user", "system", "idle", "iowait", "steal"] as const;
  const all = names.reduce((sum, name) => sum + spent(name), 0);
  const percent = (ticks: number): number => (all === 0 ? 0 : round((ticks / all) * 100));
  return {
    cores: after.cores,
    busyPercent: percent(all - idle - spent("iowait")),
    userPercent: percent(spent("user")),
    systemPercent: percent(spent("system")),
    iowaitPercent: percent(spent("iowait")),
    stealPercent: percent(spent("steal")),
    ...(load === null ? {} : { load1: load[0], load5: load[1], load15: load[2] }),
  };
}

function memoryMetrics(memory: ReadonlyMap<string, number>): Readonly<Record<string, unknown>> {
  const level = (name: string): number => memory.get(name) ?? 0;
  const total = level("MemTotal");
  const available = memory.get("MemAvailable") ?? level("MemFree");
  return {
    totalBytes: total,
    availableBytes: available,
    usedPercent: total === 0 ? 0 : round(((total - available) / total) * 100),
    cachedBytes: level("Cached"),
    dirtyBytes: level("Dirty"),
    swapTotalBytes: level("SwapTotal"),
    swapUsedBytes: level("SwapTotal") - level("SwapFree"),
  };
}

function pairsOf<Totals>(
  before: ReadonlyMap<string, Totals>,
  after: ReadonlyMap<string, Totals>,
): (readonly [string, Totals, Totals])[] {
  return [...after].flatMap(([name, to]) => {
    const from = before.get(name);
    return from === undefined ? [] : [[name, from, to] as const];
  });
}

/** Per second, never negative: a counter that went back was reset. */
function rate(from: number, to: number, seconds: number): number {
  return to < from ? 0 : round((to - from) / seconds);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
