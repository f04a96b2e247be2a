import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostSample, metricsBetween } from "./metrics.ts";
import {
  DEVICES_MAX,
  parseCpu,
  parseDisks,
  parseLoad,
  parseMemory,
  parseNetwork,
  parseProcess,
} from "./proc.ts";
import { ProcessWatch } from "./processes.ts";

const STAT = `cpu  100 10 50 800 20 5 5 10 0 0
cpu0 50 5 25 400 10 2 3 5 0 0
cpu1 50 5 25 400 10 3 2 5 0 0
intr 1 2 3
ctxt 12
`;
const MEMINFO = `MemTotal:       16384 kB
MemFree:         1024 kB
MemAvailable:    4096 kB
Cached:          2048 kB
SwapTotal:        100 kB
SwapFree:          40 kB
HugePages_Total:       0
`;
const DISKSTATS = `   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1
   8       0 sda 100 0 2000 10 50 0 1000 20 0 500 30 0 0 0 0
   8       1 sda1 90 0 1800 9 40 0 900 15 0 400 20 0 0 0 0
 259       0 nvme0n1 10 0 20 1 5 0 10 2 0 50 3
 259       1 nvme0n1p1 9 0 18 1 4 0 9 2 0 40 3
`;
const NET_DEV = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop
    lo: 1000      10    0    0    0     0          0         0     1000      10    0    0    0     0       0          0
  eth0:5000000  4000    1    0    0     0          0         0   700000    3000    2    0    0     0       0          0
`;

describe("parsers of /proc", () => {
  it("reads processor times", () => {
    expect(parseCpu(STAT)).toEqual({
      cores: 2,
      times: { user: 110, system: 60, idle: 800, iowait: 20, steal: 10 },
    });
    expect(parseCpu("")).toBeNull();
    expect(parseLoad("0.52 0.58 0.59 1/467 12345\n")).toEqual([0.52, 0.58, 0.59]);
  });

  it("reads memory in bytes", () => {
    expect(parseMemory(MEMINFO).get("MemAvailable")).toBe(4_194_304);
  });

  it("reads whole disks, not their partitions", () => {
    const disks = parseDisks(DISKSTATS);
    expect([...disks.keys()]).toEqual(["sda", "nvme0n1"]);
    expect(disks.get("sda")).toEqual({
      reads: 100,
      readBytes: 1_024_000,
      writes: 50,
      writtenBytes: 512_000,
      busyMs: 500,
    });
  });

  it("reads interfaces, with or without a space behind the colon", () => {
    const network = parseNetwork(NET_DEV);
    expect([...network.keys()]).toEqual(["lo", "eth0"]);
    expect(network.get("eth0")).toMatchObject({ receivedBytes: 5_000_000, sentBytes: 700_000 });
  });

  it("reads a process whose name holds spaces and parentheses", () => {
    expect(parseProcess("42 (a) b (c) S 7 42 42 0 -1 4194304\n")).toEqual({
      pid: 42,
      parentPid: 7,
      name: "a) b (c",
    });
    expect(parseProcess("")).toBeNull();
  });

  it("understands any text as something or nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        parseCpu(`cpu ${text}`);
        parseProcess(text);
        expect(parseMemory(text).size).toBeGreaterThanOrEqual(0);
        expect(parseDisks(text).size).toBeLessThanOrEqual(DEVICES_MAX);
        expect(parseNetwork(text).size).toBeLessThanOrEqual(DEVICES_MAX);
      }),
    );
  });
});

describe("metricsBetween()", () => {
  const before: HostSample = {
    atMs: 1_000,
    cpu: parseCpu(STAT),
    load: [1, 2, 3],
    memory: parseMemory(MEMINFO),
    disks: parseDisks(DISKSTATS),
    network: parseNetwork(NET_DEV),
  };

  it("gives rates per second and levels", () => {
    const after: HostSample = {
      ...before,
      atMs: 3_000,
      cpu: parseCpu(STAT.replace("cpu  100 10 50 800", "cpu  150 10 50 850")),
      disks: parseDisks(DISKSTATS.replace("sda 100 0 2000", "sda 140 0 4000")),
      network: parseNetwork(NET_DEV.replace("eth0:5000000", "eth0:5002048")),
    };
    const metrics = metricsBetween(before, after);
    expect(metrics.get("cpu")).toMatchObject({ cores: 2, busyPercent: 50, userPercent: 50 });
    expect(metrics.get("memory")).toMatchObject({ usedPercent: 75, swapUsedBytes: 61_440 });
    expect(metrics.get("disk")).toMatchObject({
      disks: [{ name: "sda", readsPerSecond: 20, readBytesPerSecond: 512_000 }, {}],
    });
    expect(metrics.get("network")).toMatchObject({
      interfaces: [{}, { name: "eth0", receivedBytesPerSecond: 1_024 }],
    });
  });

  it("leaves out what this system does not offer, and never counts backwards", () => {
    const nothing: HostSample = {
      atMs: 0,
      cpu: null,
      load: null,
      memory: new Map(),
      disks: new Map(),
      network: new Map(),
    };
    expect(metricsBetween(nothing, nothing).size).toBe(0);
    const reset = { ...before, network: parseNetwork(NET_DEV.replace("eth0:5000000", "eth0:5")) };
    expect(metricsBetween(before, reset).get("network")).toMatchObject({
      interfaces: [{}, { receivedBytesPerSecond: 0 }],
    });
  });
});

describe("ProcessWatch", () => {
  const info = (pid: number): { pid: number; parentPid: number; name: string } => {
    return { pid, parentPid: 1, name: `p${pid}` };
  };

  it("tells starts and stops, and nothing of what was there before", () => {
    const watch = new ProcessWatch();
    expect(watch.unknown([1, 2])).toEqual([1, 2]);
    expect(watch.update([1, 2], [info(1), info(2)], 0)).toEqual([]);
    expect(watch.unknown([1, 3])).toEqual([3]);
    expect(watch.update([1, 3], [info(3)], 100)).toEqual([
      { event: "stop", ...info(2) },
      { event: "start", ...info(3) },
    ]);
    expect(watch.update([1], [], 900)).toEqual([{ event: "stop", ...info(3), livedMs: 800 }]);
  });
});
