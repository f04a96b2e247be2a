/**
 * The disk as one process of a simulated machine sees it: operations take time, overlap, and fail as
 * the weather says. The content outlives the process: after `kill` it is all there, also what was not
 * synced; a power cut is `MemoryDisk.crash`.
 */
import type { DiskChange, DiskFault, DiskLook, MemoryDisk } from "#io/memory/memory-disk.ts";
import type { Disk, DiskFile, FileStat } from "#io/ports.ts";
import type { Chance } from "./chance.ts";
import type { Life } from "./life.ts";
import type { SimTime } from "./time.ts";
import type { DiskWeather } from "./weather.ts";

export interface FaultyDiskOptions {
  /** What is on the disk; its fault hook is ours. */
  readonly disk: MemoryDisk;
  readonly time: SimTime;
  readonly chance: Chance;
  readonly life: Life;
  readonly weather: DiskWeather;
}

type Operation = DiskChange | DiskLook | "close";

/** The longest that an operation takes on a good day, ms. */
const LOOK_MS_MAX = 0.4;
const WRITE_MS_MAX = 0.2;
const SYNC_MS_MAX = 4;
const LOOKS: ReadonlySet<string> = new Set<Operation>([
  "open",
  "read",
  "size",
  "stat",
  "list",
  "close",
]);
/** Buffers up to this size begin with content that nobody wrote, as the system's do. */
const POISON_BYTES_MAX = 64 * 1024;
const NEEDS_ROOM: ReadonlySet<string> = new Set<DiskChange>(["create", "write", "makeDirectory"]);

/** An operation that has begun and had no effect yet. `part` of it, 1 for all, is done by `apply`. */
interface Pending {
  /** Done in whole or not at all. */
  readonly isWhole: boolean;
  apply(part: number): Promise<unknown>;
}

export class FaultyDisk implements Disk {
  readonly #options: FaultyDiskOptions;
  readonly #pending = new Set<Pending>();

  constructor(options: FaultyDiskOptions) {
    this.#options = options;
    const { disk, weather, chance } = options;
    disk.fault = (operation, path) => {
      springTrap(operation, path, { weather, isEarly: false });
      return faultOf(operation, weather, chance);
    };
  }

  /** The process ends: of what is under way some is done, some in part, some not. */
  async kill(): Promise<void> {
    const { chance, disk } = this.#options;
    disk.fault = null;
    for (const one of this.#pending) {
      const part = chance.pick(one.isWhole ? [0, 1] : [0, 0.5, 1]);
      if (part > 0) await one.apply(part).catch(() => {});
    }
    this.#pending.clear();
  }

  async open(path: string, options: { readonly create: boolean }): Promise<DiskFile> {
    const file = await this.#do("open", path, () => this.#options.disk.open(path, options));
    return this.#wrap(file);
  }

  stat(path: string): Promise<FileStat | null> {
    return this.#do("stat", path, () => this.#options.disk.stat(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#do("list", path, () => this.#options.disk.list(path));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#do("makeDirectory", path, () => this.#options.disk.makeDirectory(path));
  }

  rename(source: string, target: string): Promise<void> {
    return this.#do("rename", source, () => this.#options.disk.rename(source, target));
  }

  removeFile(path: string): Promise<void> {
    return this.#do("removeFile", path, () => this.#options.disk.removeFile(path));
  }

  removeDirectory(path: string): Promise<void> {
    return this.#do("removeDirectory", path, () => this.#options.disk.removeDirectory(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do("syncDirectory", path, () => this.#options.disk.syncDirectory(path));
  }

  async space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }> {
    const space = await this.#options.disk.space();
    return this.#options.weather.isFull ? { ...space, freeBytes: 0 } : space;
  }

  allocate(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return length <= POISON_BYTES_MAX ? bytes.fill(0xa5) : bytes;
  }

  #wrap(file: DiskFile): DiskFile {
    const { path } = file;
    return {
      path,
      size: () => this.#do("size", path, () => file.size()),
      read: (target, position) => this.#do("read", path, () => file.read(target, position)),
      write: (parts, position) =>
        this.#do("write", path, (part) => file.write(beginning(parts, part), position)),
      sync: () => this.#do("sync", path, () => file.sync()),
      truncate: (length) => this.#do("truncate", path, () => file.truncate(length)),
      close: () => this.#do("close", path, () => file.close()),
    };
  }

  /** Has its effect at the beginning or at the end of the time it takes; never, once the life is over. */
  #do<T>(operation: Operation, path: string, work: (part: number) => Promise<T>): Promise<T> {
    const { time, chance, life, weather } = this.#options;
    const isTrapped = springTrap(operation, path, { weather, isEarly: true });
    const delayMs = chance.span(0.005, msMaxOf(operation)) * weather.slowness;
    if (chance.happens(0.5) && !isTrapped) {
      const done = work(1);
      done.catch(() => {});
      return new Promise((resolve) => {
        time.after(delayMs, () => {
          if (!life.isOver) resolve(done);
        });
      });
    }
    return new Promise((resolve) => {
      const pending: Pending = { isWhole: operation !== "write", apply: work };
      this.#pending.add(pending);
      time.after(delayMs, () => {
        this.#pending.delete(pending);
        if (!life.isOver) resolve(work(1));
      });
    });
  }
}

/** Whether there was a trap for the operation. */
function springTrap(
  operation: Operation,
  path: string,
  { weather, isEarly }: { readonly weather: DiskWeather; readonly isEarly: boolean },
): boolean {
  const { trap } = weather;
  if (trap === null || trap.isEarly !== isEarly) return false;
  if (trap.operation !== operation || !path.endsWith(trap.suffix)) return false;
  weather.trap = null;
  trap.spring(path);
  return true;
}

function msMaxOf(operation: Operation): number {
  if (LOOKS.has(operation)) return LOOK_MS_MAX;
  return operation === "sync" || operation === "syncDirectory" ? SYNC_MS_MAX : WRITE_MS_MAX;
}

function faultOf(
  operation: DiskChange | DiskLook,
  weather: DiskWeather,
  chance: Chance,
): DiskFault | null {
  if (weather.isFull && NEEDS_ROOM.has(operation)) {
    return operation === "write" && chance.happens(0.5)
      ? { kind: "cut", bytes: chance.below(200), code: "ENOSPC" }
      : { kind: "fail", code: "ENOSPC" };
  }
  if (operation === "sync" && weather.syncFailures > 0) {
    weather.syncFailures -= 1;
    return { kind: "fail", code: "EIO" };
  }
  if (operation === "write" && weather.writeFailures > 0) {
    weather.writeFailures -= 1;
    return { kind: "cut", bytes: chance.below(200), code: "EIO" };
  }
  if (operation === "read" && chance.happens(weather.readFailureShare)) {
    return { kind: "fail", code: "EIO" };
  }
  return null;
}

/** The first `part` of the bytes. */
function beginning(parts: readonly Uint8Array[], part: number): readonly Uint8Array[] {
  if (part === 1) return parts;
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  let left = Math.floor(size * part);
  return parts.map((bytes) => {
    const taken = bytes.subarray(0, left);
    left -= taken.length;
    return taken;
  });
}
