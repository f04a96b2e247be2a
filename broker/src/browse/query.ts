/** What can be asked of a topic's events, and what a scan has to do for it. */
import type { Condition } from "@runnel/contracts/filter-model.ts";
import { partitionOfKey } from "@runnel/protocol/partitioner.ts";
import { boundsOf } from "./filter/bounds.ts";
import type { ScanLimits } from "./scan/scan.ts";
import type { OffsetRange, ScanOrder } from "./source/partition-reader.ts";
import type { EventForm } from "./thread/event-outbox.ts";

/** One end of a range. */
export type Position =
  /** The start of the log, or the end of what is readable now. */
  | { readonly kind: "earliest" | "latest" }
  | { readonly kind: "offset"; readonly offset: number }
  /** By partition; partitions that are not there have no bound. `origin` names it in cursors. */
  | {
      readonly kind: "offsets";
      readonly origin: string;
      readonly offsets: ReadonlyMap<number, number>;
    }
  /** Ms since 1970: the first event of that time or later. */
  | { readonly kind: "time"; readonly timestamp: number };

/** Which partitions are to be read. */
export type PartitionChoice =
  /** Where matches can be, by the filter: one, where it asks for one key. */
  | { readonly kind: "auto" }
  | { readonly kind: "all" }
  | { readonly kind: "some"; readonly partitions: readonly number[] };

/** Which events, in which order. `from` is included, `to` is not. */
export interface EventQuery {
  readonly topic: string;
  readonly partitions: PartitionChoice;
  readonly order: ScanOrder;
  readonly from: Position;
  readonly to: Position;
  readonly condition: Condition | null;
  /** Transaction markers are events, too. */
  readonly hasControl: boolean;
}

/** What one scan for a query may take, and where it begins. */
export interface ScanOptions {
  readonly limits: ScanLimits;
  readonly form: Omit<EventForm, "topic">;
  /** Where an earlier scan for the same query stopped; null for a new one. */
  readonly cursor: string | null;
  /** Aborted when nobody wants the rest: it ends as soon as it can, without a last word. */
  readonly signal: AbortSignal;
}

/** The newest event of every key; the filter is asked about these alone. */
export interface LatestQuery extends Pick<EventQuery, "topic" | "partitions" | "condition"> {
  /** As it was at this time, ms: what is later does not count; null for now. */
  readonly atMs: number | null;
  /** Keys that were deleted are told of, by their tombstones. */
  readonly hasTombstones: boolean;
}

/** What to count by time. */
export interface HistogramQuery extends Pick<EventQuery, "topic" | "partitions"> {
  /** From the first event where it is null; included. */
  readonly fromMs: number | null;
  /** To the last event where it is null; not included. */
  readonly toMs: number | null;
  readonly bucketsMax: number;
}

/** Why these partitions are read and no others. */
export type ChosenBy = "all" | "query" | "key" | "filter";

export interface PartitionPlan {
  /** In order. */
  readonly partitions: readonly number[];
  readonly chosenBy: ChosenBy;
}

/** The partitions that a query has to read, of `count`; "some" are not checked. */
export function planPartitions(
  { partitions: choice, condition }: Pick<EventQuery, "partitions" | "condition">,
  count: number,
): PartitionPlan {
  const all = Array.from({ length: count }, (_, index) => index);
  if (choice.kind === "some") {
    return { partitions: [...new Set(choice.partitions)].sort((a, b) => a - b), chosenBy: "query" };
  }
  if (choice.kind === "all") return { partitions: all, chosenBy: "all" };
  const { partitions, keys } = boundsOf(condition);
  if (partitions !== null) {
    const wanted = new Set(partitions);
    return { partitions: all.filter((index) => wanted.has(index)), chosenBy: "filter" };
  }
  if (keys === null) return { partitions: all, chosenBy: "all" };
  const wanted = new Set(keys.map((key) => partitionOfKey(key, count)));
  return { partitions: all.filter((index) => wanted.has(index)), chosenBy: "key" };
}

/** Bounds of a query: what the range says, and what the filter says besides. */
export interface QueryBounds {
  readonly fromMs: number;
  /** Of the range alone: it is the place of the first event of that time, behind which nothing is read. */
  readonly toMs: number;
  /** Of one partition; what lies outside of its log is cut off later. */
  rangeOf(partition: number, ends: { readonly start: number; readonly end: number }): OffsetRange;
}

export function boundsOfQuery({ from, to, condition }: EventQuery): QueryBounds {
  const { offsetMin, offsetMax, timestampMin } = boundsOf(condition);
  const fromMs = from.kind === "time" ? from.timestamp : Number.NEGATIVE_INFINITY;
  const toMs = to.kind === "time" ? to.timestamp : Number.POSITIVE_INFINITY;
  return {
    fromMs: Math.max(fromMs, timestampMin),
    toMs,
    rangeOf(partition, ends) {
      const low = offsetOf(from, partition, ends) ?? ends.start;
      const high = offsetOf(to, partition, ends) ?? ends.end;
      return { low: Math.max(low, offsetMin), high: Math.min(high, offsetMax + 1) };
    },
  };
}

function offsetOf(
  position: Position,
  partition: number,
  { start, end }: { readonly start: number; readonly end: number },
): number | null {
  switch (position.kind) {
    case "earliest":
      return start;
    case "latest":
      return end;
    case "offset":
      return position.offset;
    case "offsets":
      return position.offsets.get(partition) ?? null;
    default:
      return null;
  }
}

/** A text that is the same for queries whose cursors can be used for each other. */
export function identityOf(query: EventQuery, topicId: string): string {
  const { partitions, from, to, condition, hasControl } = query;
  return JSON.stringify([topicId, partitions, nameOf(from), nameOf(to), condition, hasControl]);
}

function nameOf(position: Position): unknown {
  return position.kind === "offsets" ? [position.kind, position.origin] : position;
}
