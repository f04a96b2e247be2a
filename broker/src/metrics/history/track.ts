/**
 * One metric as it is followed from sample to sample: counters become rates, histograms the percentiles
 * of what was observed in between. A metric without label has one member, whose name is null.
 */
import { unreachable } from "@runnel/kit/assert.ts";
import type { Histogram, Readings, Registered } from "#metrics/metric.ts";
import type { Statistic } from "./series-key.ts";

/** What remains of a member's activity after one sample: half of it is forgotten in six minutes. */
const ACTIVITY_KEPT = 0.98;

export class Member {
  readonly name: string | null;
  /** By statistic; NaN for none this time. */
  readonly values: number[];
  /** How much there was lately, in what the metric counts. */
  activity = 0;
  /** By statistic; null while it has none. */
  columns: readonly number[] | null = null;
  /** Whether columns were asked for and refused since they were last given out. */
  isRefused = false;
  /** Whether its name is too long to have columns. */
  isUnfit = false;
  /** The sample that last saw it. */
  round = 0;
  /** Whether it has a line of its own in the text of metrics: what others counted is kept in one sum. */
  isNamed = true;
  previous: number;
  /** Of a histogram: counts at the sample before, and what came since. */
  previousCounts: number[] = [];
  newCounts: number[] = [];

  constructor(name: string | null, width: number, previous: number) {
    this.name = name;
    this.values = Array.from({ length: width }, () => Number.NaN);
    this.previous = previous;
  }

  get hasColumns(): boolean {
    return this.columns !== null;
  }

  note(amount: number): void {
    const size = Number.isFinite(amount) ? Math.abs(amount) : 0;
    this.activity = this.activity * ACTIVITY_KEPT + size;
  }
}

const LEVEL: readonly Statistic[] = ["value"];
const RATE: readonly Statistic[] = ["rate"];
const PERCENTILES: readonly Statistic[] = ["p50", "p99"];
const SHARES: readonly number[] = [0.5, 0.99];

export class Track {
  readonly metric: string;
  readonly statistics: readonly Statistic[];
  readonly isFamily: boolean;
  readonly label: string | null;
  readonly help: string;
  readonly members = new Map<string | null, Member>();
  readonly #source: Registered;
  #round = 0;
  /** Rate or counts of what belongs to no member any more. */
  #orphans: Member | null = null;

  constructor(source: Registered) {
    this.#source = source;
    this.metric = source.name;
    this.help = source.help;
    this.label = labelOf(source);
    this.statistics = statisticsOf(source);
    this.isFamily = !["counter", "gauge", "histogram"].includes(source.kind);
  }

  /** Takes the values of now; rates and percentiles are those of the `seconds` since the last call. */
  measure(seconds: number): void {
    this.#round += 1;
    this.#read(seconds);
    for (const [name, member] of this.members) {
      if (member.round !== this.#round) this.members.delete(name);
    }
  }

  /** What `members`, and all that belongs to none, come to as one series; null without any. */
  sumOf(members: readonly Member[]): readonly number[] | null {
    const orphans = this.#orphans?.round === this.#round ? [this.#orphans] : [];
    const all = [...members, ...orphans].filter(({ values }) => !values.every(Number.isNaN));
    if (all.length === 0) return null;
    if (this.statistics !== PERCENTILES) {
      return [all.reduce((sum, { values }) => sum + (values[0] as number), 0)];
    }
    const counts: number[] = [];
    for (const { newCounts } of all) {
      for (const [at, count] of newCounts.entries()) counts[at] = (counts[at] ?? 0) + count;
    }
    return percentilesOf(counts, this.#bounds());
  }

  #read(seconds: number): void {
    const source = this.#source;
    switch (source.kind) {
      case "counter":
        return this.#count(this.#member(null), source.metric.value, seconds);
      case "counters":
        for (const [name, { value }] of source.family.members) {
          this.#count(this.#member(name), value, seconds);
        }
        return;
      case "gauge":
        return this.#level(this.#member(null), source.read());
      case "gauges":
        for (const [name, value] of source.read()) this.#level(this.#member(name), value);
        return;
      case "readings":
        return this.#readAll(source.readings, seconds);
      case "histogram":
        return this.#observe(this.#member(null), source.metric);
      case "histograms":
        for (const [name, histogram] of source.family.members) {
          this.#observe(this.#member(name), histogram);
        }
        return;
      default:
        unreachable(source);
    }
  }

  /** The sum of those that are gone has their whole totals: what was told of them before is taken off. */
  #readAll({ type, each }: Readings, seconds: number): void {
    let orphaned: number | null = null;
    let told = 0;
    each((name, value, isNamed) => {
      if (name === null) {
        orphaned = value;
        return;
      }
      const member = this.#member(name);
      if (type === "gauge") this.#level(member, value);
      else {
        // Another one of this name went meanwhile.
        if (value < member.previous && !member.isNamed) told += member.previous;
        this.#count(member, value, seconds);
      }
      member.isNamed = isNamed;
    });
    if (orphaned === null) return;
    for (const { round, isNamed, previous } of this.members.values()) {
      if (round !== this.#round && !isNamed) told += previous;
    }
    if (type === "gauge") this.#level(this.#orphan(), orphaned);
    else this.#count(this.#orphan(), orphaned, seconds, told);
  }

  #member(name: string | null): Member {
    let member = this.members.get(name);
    if (member === undefined) {
      // Who comes later began at 0; at the first sample nobody knows since when was counted.
      member = new Member(name, this.statistics.length, this.#round === 1 ? Number.NaN : 0);
      this.members.set(name, member);
    }
    member.round = this.#round;
    return member;
  }

  #orphan(): Member {
    this.#orphans ??= new Member(null, 1, this.#round === 1 ? Number.NaN : 0);
    this.#orphans.round = this.#round;
    return this.#orphans;
  }

  #level(member: Member, value: number): void {
    member.values[0] = value;
    member.note(value);
  }

  /** `told`: what of the increase others had before. */
  #count(member: Member, value: number, seconds: number, told = 0): void {
    // What is smaller than before was begun anew.
    const increase = value < member.previous ? value : value - member.previous;
    const added = Math.max(0, increase - told);
    member.values[0] = added / seconds;
    member.previous = value;
    member.note(added);
  }

  #observe(member: Member, { counts, bounds }: Histogram): void {
    const { previousCounts } = member;
    const isFirst = previousCounts.length === 0 && Number.isNaN(member.previous);
    member.newCounts = counts.map((count, at) => (isFirst ? 0 : count - (previousCounts[at] ?? 0)));
    member.previousCounts = [...counts];
    const percentiles = percentilesOf(member.newCounts, bounds);
    for (const at of SHARES.keys()) member.values[at] = percentiles[at] as number;
    member.note(member.newCounts.reduce((sum, count) => sum + count, 0));
  }

  #bounds(): readonly number[] {
    const source = this.#source;
    if (source.kind === "histogram") return source.metric.bounds;
    if (source.kind !== "histograms") return [];
    return source.family.members.values().next().value?.bounds ?? [];
  }
}

function labelOf(source: Registered): string | null {
  if (source.kind === "readings") return source.readings.label;
  return "label" in source ? source.label : null;
}

function statisticsOf(source: Registered): readonly Statistic[] {
  switch (source.kind) {
    case "counter":
    case "counters":
      return RATE;
    case "gauge":
    case "gauges":
      return LEVEL;
    case "histogram":
    case "histograms":
      return PERCENTILES;
    case "readings":
      return source.readings.type === "gauge" ? LEVEL : RATE;
    default:
      return unreachable(source);
  }
}

/**
 * Below which value half and 99 % of the observations lie, taken as even within each bucket; NaN for
 * none. What lies above the last bound counts as that bound.
 */
export function percentilesOf(
  counts: readonly number[],
  bounds: readonly number[],
): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return SHARES.map((share) => {
    let left = share * total;
    for (const [at, count] of counts.entries()) {
      if (count > 0 && left <= count) {
        const low = bounds[at - 1] ?? 0;
        const high = bounds[at] ?? low;
        return low + (high - low) * (left / count);
      }
      left -= count;
    }
    return Number.NaN;
  });
}
