/** What a scan is told to do, and what it says, as plain values that go to and from its thread. */
import type { Condition } from "@runnel/contracts/filter-model.ts";
import type { FilterError } from "../filter/matcher.ts";
import type { ScanEnd, ScanLimits } from "../scan/scan.ts";
import type { OffsetRange, ScanOrder } from "../source/partition-reader.ts";
import type { Skip } from "../source/skips.ts";
import type { PartitionSnapshot } from "../source/snapshot.ts";
import type { EventForm } from "./event-outbox.ts";

export interface ScanTask {
  readonly kind: "scan";
  readonly snapshots: readonly PartitionSnapshot[];
  readonly order: ScanOrder;
  /** Bounds by partition that are known as offsets; those of times are found in the thread. */
  readonly ranges: ReadonlyMap<number, OffsetRange>;
  /** `fromMs` ≤ timestamp < `toMs`; infinite for no bound. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Where an earlier scan stopped, by partition; null for a new one. */
  readonly positions: ReadonlyMap<number, number> | null;
  readonly condition: Condition | null;
  /** Only the newest record of every key; null for all records. */
  readonly latest: { readonly hasTombstones: boolean } | null;
  /** The key of every match is one of these; null where it may be any. */
  readonly keys: readonly Uint8Array[] | null;
  /** Transaction markers are events, too. */
  readonly hasControl: boolean;
  readonly limits: ScanLimits;
  readonly form: EventForm;
}

/** How far a scan is in one partition. */
export interface PartitionProgress {
  readonly partition: number;
  /** See `PartitionScan.position`. */
  readonly offset: number;
  /** Time of what comes next, ms; null where there is nothing, or it has none. */
  readonly timestamp: number | null;
}

export interface ScanCounts {
  /** Records looked at, and the bytes of their batches as they are stored. */
  readonly records: number;
  readonly bytes: number;
  /** About the bytes of the whole range. */
  readonly bytesInRange: number;
  /** Bytes passed over, because the key index says that no match is there. */
  readonly passedBytes: number;
  /** Matches said so far. */
  readonly matches: number;
  /** Records on which the filter failed. */
  readonly filterErrors: number;
}

export type ScanSaid =
  | { readonly kind: "phase"; readonly phase: "locating" | "scanning" }
  /** Events as JSON, in order. */
  | { readonly kind: "events"; readonly events: readonly string[] }
  | {
      readonly kind: "progress";
      readonly counts: ScanCounts;
      /** Those that moved since the last time, not necessarily all. */
      readonly partitions: readonly PartitionProgress[];
      /** Where another scan would go on behind the events said so far. */
      readonly positions: ReadonlyMap<number, number>;
    }
  | {
      readonly kind: "done";
      readonly reason: Exclude<ScanEnd, "cancelled">;
      readonly counts: ScanCounts;
      readonly positions: ReadonlyMap<number, number>;
      readonly firstFilterError: FilterError | null;
      /** How much of what was looked at the key index knows; null where it was not asked. */
      readonly keyIndex: { readonly bytes: number; readonly indexedBytes: number } | null;
      readonly skips: {
        readonly listed: readonly Skip[];
        readonly count: number;
        readonly offsets: number;
      };
    };
