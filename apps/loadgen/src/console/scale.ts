/** How much the searches have to look through. */

export interface Scale {
  /** Events, each with a key of its own. */
  readonly keys: number;
  /** Of 1 KiB records to scan. */
  readonly scanBytes: number;
  /** Each run of produce requests, with a scan and without. */
  readonly produceSeconds: number;
  /** What all of it needs, about. */
  readonly gigabytes: number;
  readonly minutes: number;
}

export const FULL_SCALE: Scale = {
  keys: 50_000_000,
  scanBytes: 10e9,
  produceSeconds: 30,
  gigabytes: 15,
  minutes: 25,
};

export const USUAL_SCALE: Scale = {
  keys: 5_000_000,
  scanBytes: 2e9,
  produceSeconds: 15,
  gigabytes: 4,
  minutes: 8,
};
