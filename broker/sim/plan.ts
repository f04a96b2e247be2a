/**
 * What a seed stands for: which workload on which topics, with which settings, and what goes wrong
 * when. Every seed has some kinds of faults and not others, so that rare ones get room.
 */
import type { CodecName } from "@runnel/protocol/records/batch.ts";
import type { TopicPlan } from "./clients/topics.ts";
import { type Chance, chanceOf } from "./world/chance.ts";

export const WORKLOADS = ["log", "group", "transactions", "bank"] as const;
export type Workload = (typeof WORKLOADS)[number];

/** Something that the nemesis does; see `nemesis.ts`. */
export const STRIKES = [
  "power",
  "kill",
  "stop",
  "crash point",
  "cut point",
  "roll point",
  "tail point",
  "sync error",
  "write error",
  "disk full",
  "slow disk",
  "read errors",
  "clock jump",
  "clock strobe",
  "cut",
  "stall",
  "slow network",
  "store failures",
] as const;
export type StrikeKind = (typeof STRIKES)[number];

export interface Strike {
  readonly atMs: number;
  readonly kind: StrikeKind;
}

export interface Plan {
  readonly seed: number;
  readonly workload: Workload;
  readonly spanMs: number;
  readonly topics: readonly TopicPlan[];
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Acknowledged records survive a power cut. */
  readonly isDurable: boolean;
  readonly codecs: readonly [CodecName, ...CodecName[]];
  readonly strikes: readonly Strike[];
  readonly splitShare: number;
  readonly echoShare: number;
}

/** Strikes that only data which is synced before it is acknowledged has to survive. */
const NEEDS_DURABLE: ReadonlySet<StrikeKind> = new Set([
  "power",
  "roll point",
  "tail point",
  "sync error",
]);
/** Part of the seeds in which a kind of strike occurs at all: few that meet often, or many. */
const KIND_SHARES: readonly [number, ...number[]] = [0.15, 0.4];
/** Part of the topics of transactions that are compacted. */
const COMPACTED_SHARE = 0.4;
/** Part of the seeds without any fault: they must be right, too. */
const CALM_SHARE = 0.03;

export function planOf(seed: number, workload: Workload | null = null): Plan {
  const chance = chanceOf(seed, "plan");
  const drawn = chance.pick(WORKLOADS);
  const played = workload ?? drawn;
  const isDurable = chance.happens(0.8);
  const spanMs = chance.between(4_000, 12_000);
  return {
    seed,
    workload: played,
    spanMs,
    topics: topicsOf(chance, {
      isDurable,
      countMin: played === "bank" ? 2 : 1,
      mayCompact: played === "transactions",
    }),
    settings: settingsOf(chance),
    isDurable,
    codecs: chance.pick([["none"], ["none", "lz4"], ["snappy", "none", "none"]] as [
      CodecName,
      ...CodecName[],
    ][] as [[CodecName]]),
    strikes: strikesOf(chance, { spanMs, isDurable }),
    splitShare: chance.pick([0, 0, 0.05, 0.3]),
    echoShare: chance.pick([0, 0.02, 0.2, 0.5]),
  };
}

function topicsOf(
  chance: Chance,
  {
    isDurable,
    countMin,
    mayCompact,
  }: { readonly isDurable: boolean; readonly countMin: number; readonly mayCompact: boolean },
): TopicPlan[] {
  return Array.from({ length: Math.max(countMin, chance.between(1, 2)) }, (_, index) => {
    const configs: [string, string][] = [["flush.messages", isDurable ? "1" : "1000000"]];
    const isCompacted = mayCompact && chance.happens(COMPACTED_SHARE);
    if (isCompacted) {
      configs.push(["cleanup.policy", "compact"], ["min.cleanable.dirty.ratio", "0"]);
      configs.push(["delete.retention.ms", String(chance.pick([0, 1_000]))]);
    }
    // Segments are short, by one means or another; only closed ones are compacted.
    const how = chance.below(isCompacted ? 2 : 3);
    if (how === 0) configs.push(["segment.ms", String(chance.between(200, 5_000))]);
    if (how === 1) {
      configs.push(["segment.index.bytes", String(8 * chance.between(2, 20))]);
      configs.push(["index.interval.bytes", String(chance.pick([0, 100, 400]))]);
    }
    return { name: `t${index}`, partitionCount: chance.between(1, 3), isCompacted, configs };
  });
}

function settingsOf(chance: Chance): [string, string][] {
  return [
    ["offsets.topic.num.partitions", String(chance.between(1, 3))],
    ["transaction.state.log.num.partitions", String(chance.between(1, 3))],
    ["group.initial.rebalance.delay.ms", String(chance.pick([0, 50, 500]))],
    ["group.min.session.timeout.ms", "500"],
    ["log.cleaner.backoff.ms", String(chance.pick([100, 500]))],
    ["group.consumer.min.heartbeat.interval.ms", "100"],
    ["group.consumer.heartbeat.interval.ms", String(chance.pick([100, 400]))],
    ["group.consumer.min.session.timeout.ms", "500"],
    ["group.consumer.session.timeout.ms", String(chance.pick([1_500, 4_000]))],
    ["runnel.tail.cache.bytes", String(chance.pick([1, 1, 64]) * 1_048_576)],
    ["runnel.max.open.files", String(chance.pick([16, 2_048]))],
    ["runnel.audit.enable", String(chance.happens(0.2))],
  ];
}

function strikesOf(
  chance: Chance,
  { spanMs, isDurable }: { readonly spanMs: number; readonly isDurable: boolean },
): Strike[] {
  if (chance.happens(CALM_SHARE)) return [];
  const share = chance.pick(KIND_SHARES);
  const kinds = STRIKES.filter(
    (kind) => chance.happens(share) && (isDurable || !NEEDS_DURABLE.has(kind)),
  );
  const pauseMs = chance.pick([200, 400, 1_000, 2_000]);
  const strikes: Strike[] = [];
  for (let atMs = chance.between(100, 2_000); atMs < spanMs && kinds.length > 0; ) {
    strikes.push({ atMs, kind: chance.pick(kinds as [StrikeKind, ...StrikeKind[]]) });
    atMs += chance.between(1, 2 * pauseMs);
  }
  return strikes;
}
