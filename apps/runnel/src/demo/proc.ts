/**
 * Text of Linux's /proc, parsed. Every parser is total: a line that it does not understand, from a
 * newer or older kernel, is left out. Source: proc(5).
 */

/** Clock ticks since boot. */
export interface CpuTimes {
  readonly user: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly steal: number;
}

export interface CpuSample {
  readonly cores: number;
  readonly times: CpuTimes;
}

/** /proc/stat; null where it has no `cpu` line. */
export function parseCpu(text: string): CpuSample | null {
  const total = /^cpu +(.+)$/m.exec(text)?.[1]?.split(/\s+/).map(Number);
  if (total === undefined || total.some(Number.isNaN)) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    total;
  return {
    cores: text.match(/^cpu\d+ /gm)?.length ?? 1,
    times: { user: user + nice, system: system + irq + softirq, idle, iowait, steal },
  };
}

/** /proc/loadavg: runnable tasks over 1, 5 and 15 minutes. */
export function parseLoad(text: string): readonly [number, number, number] | null {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text);
  return match === null ? null : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** /proc/meminfo in bytes, by its own names (`MemTotal`, `MemAvailable`, …). */
export function parseMemory(text: string): ReadonlyMap<string, number> {
  const lines = [...text.matchAll(/^(\S+):\s+(\d+) kB$/gm)];
  return new Map(lines.map(([, name = "", kib]) => [name, Number(kib) * 1024]));
}

/** Totals since boot. */
export interface DiskTotals {
  readonly reads: number;
  readonly readBytes: number;
  readonly writes: number;
  readonly writtenBytes: number;
  /** Ms with at least one request under way. */
  readonly busyMs: number;
}

/** The kernel counts sectors of this size whatever the device has. */
const SECTOR_BYTES = 512;
/** Loop devices, RAM disks, optical drives; and partitions, whose disk counts them already. */
const SKIPPED_DISKS = /^(loop|ram|zram|sr|fd)\d|^(sd|vd|xvd|hd)[a-z]+\d+$|^(nvme|mmcblk).*p\d+$/;
export const DEVICES_MAX = 64;

/** /proc/diskstats: whole disks by name. */
export function parseDisks(text: string): ReadonlyMap<string, DiskTotals> {
  const disks = new Map<string, DiskTotals>();
  for (const line of text.split("\n")) {
    const [, , name, ...rest] = line.trim().split(/\s+/);
    const numbers = rest.map(Number);
    if (name === undefined || SKIPPED_DISKS.test(name) || numbers.length < 10) continue;
    if (numbers.some(Number.isNaN) || disks.size >= DEVICES_MAX) continue;
    const [reads = 0, , readSectors = 0, , writes = 0, , writtenSectors = 0, , , busyMs = 0] =
      numbers;
    disks.set(name, {
      reads,
      readBytes: readSectors * SECTOR_BYTES,
      writes,
      writtenBytes: writtenSectors * SECTOR_BYTES,
      busyMs,
    });
  }
  return disks;
}

/** Totals since the interface came up. */
export interface NetworkTotals {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receiveErrors: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sendErrors: number;
}

/** /proc/net/dev: interfaces by name, the loopback among them. */
export function parseNetwork(text: string): ReadonlyMap<string, NetworkTotals> {
  const interfaces = new Map<string, NetworkTotals>();
  for (const [, name = "", rest = ""] of text.matchAll(/^\s*([^\s:|]+):\s*(.+)$/gm)) {
    const numbers = rest.trim().split(/\s+/).map(Number);
    if (numbers.length < 16 || numbers.some(Number.isNaN)) continue;
    if (interfaces.size >= DEVICES_MAX) break;
    interfaces.set(name, {
      receivedBytes: numbers[0] ?? 0,
      receivedPackets: numbers[1] ?? 0,
      receiveErrors: numbers[2] ?? 0,
      sentBytes: numbers[8] ?? 0,
      sentPackets: numbers[9] ?? 0,
      sendErrors: numbers[10] ?? 0,
    });
  }
  return interfaces;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  /** The kernel's short name, 15 characters at most. */
  readonly name: string;
}

/** /proc/PID/stat. The name stands in parentheses and may itself hold spaces and parentheses. */
export function parseProcess(text: string): ProcessInfo | null {
  const match = /^(\d+) \((.*)\) \S (-?\d+) /s.exec(text);
  if (match === null) return null;
  return { pid: Number(match[1]), name: match[2] ?? "", parentPid: Number(match[3]) };
}
