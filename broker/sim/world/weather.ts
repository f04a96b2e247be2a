/** How the world around a broker is at the moment; what makes the faults changes it, devices read it. */

import type { DiskChange } from "#io/memory/memory-disk.ts";

export interface DiskWeather {
  /** How many times slower than usual. */
  slowness: number;
  /** Whatever needs room fails with ENOSPC. */
  isFull: boolean;
  /** So many syncs of files fail with EIO; the content is then lost to every later sync. */
  syncFailures: number;
  /** So many writes fail with EIO, some of them half way. */
  writeFailures: number;
  /** Part of the reads that fail with EIO. */
  readFailureShare: number;
  /** Springs at the next operation of its kind; null for none. */
  trap: DiskTrap | null;
}

/** Something that waits for an operation of a disk, to happen with it. */
export interface DiskTrap {
  readonly operation: DiskChange;
  /** Only for paths that end so. */
  readonly suffix: string;
  /** Springs when the operation begins, which then has its effect last of all; else with its effect. */
  readonly isEarly: boolean;
  spring(path: string): void;
}

export interface NetworkWeather {
  /** Ms, the longest that a chunk is under way. */
  delayMsMax: number;
  /** Part of the chunks that arrive in two pieces. */
  splitShare: number;
  /** Part of the requests that may be repeated which arrive once more, much later. */
  echoShare: number;
}

export interface StoreWeather {
  delayMsMax: number;
  /** Part of the calls that fail; half of those that change something have changed it. */
  failureShare: number;
}

export interface Weather {
  readonly disk: DiskWeather;
  readonly network: NetworkWeather;
  readonly store: StoreWeather;
}

export function calmWeather(): Weather {
  return {
    disk: {
      slowness: 1,
      isFull: false,
      syncFailures: 0,
      writeFailures: 0,
      readFailureShare: 0,
      trap: null,
    },
    network: { delayMsMax: 1, splitShare: 0, echoShare: 0 },
    store: { delayMsMax: 1, failureShare: 0 },
  };
}

/** Ends everything that fails or is slow. */
export function calm(weather: Weather): void {
  const still = calmWeather();
  Object.assign(weather.disk, still.disk);
  Object.assign(weather.network, still.network);
  Object.assign(weather.store, still.store);
}
