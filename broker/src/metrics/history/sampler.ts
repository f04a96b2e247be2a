/** Samples all metrics of some registries into a row, and decides who has a column of their own. */
import type { MetricRegistry, Registered } from "#metrics/metric.ts";
import { fitsDirectory, keyText, parseKey } from "./series-key.ts";
import { chooseMembers, type Demand, type SeriesTable } from "./series-table.ts";
import { type Member, Track } from "./track.ts";

export class Sampler {
  readonly #registries: readonly MetricRegistry[];
  readonly #table: SeriesTable;
  readonly #tracks = new Map<string, Track>();
  /** By metric: the columns of the sum of those without columns. */
  readonly #rests = new Map<string, readonly number[]>();
  readonly #row: Float32Array;
  #sampledAt = Number.NaN;

  constructor(registries: readonly MetricRegistry[], table: SeriesTable) {
    this.#registries = registries;
    this.#table = table;
    this.#row = new Float32Array(table.tags.length);
  }

  /**
   * Values by column at `monotonicMs`, NaN for none; the array is the same each time. Columns change hands only where `mayMove`, which
   * is for the first row of a block.
   */
  sample(monotonicMs: number, mayMove: boolean): Float32Array {
    const seconds = (monotonicMs - this.#sampledAt) / 1000;
    this.#sampledAt = monotonicMs;
    for (const registry of this.#registries) {
      for (const metric of registry.all()) this.#trackOf(metric).measure(seconds);
    }
    if (mayMove) this.#rebalance();
    this.#row.fill(Number.NaN);
    for (const track of this.#tracks.values()) this.#put(track, this.#row);
    return this.#row;
  }

  /** What is known of a metric besides its values; null for one that is not there (any more). */
  describe(metric: string): { readonly label: string | null; readonly help: string } | null {
    const track = this.#tracks.get(metric);
    return track === undefined ? null : { label: track.label, help: track.help };
  }

  #trackOf(metric: Registered): Track {
    let track = this.#tracks.get(metric.name);
    if (track === undefined) {
      track = new Track(metric);
      this.#tracks.set(metric.name, track);
    }
    return track;
  }

  #put(track: Track, row: Float32Array): void {
    const rest: Member[] = [];
    for (const member of track.members.values()) {
      const isNew = member.columns === null && !member.isRefused && !member.isUnfit;
      if (isNew) this.#admit(track, member);
      if (member.columns === null) rest.push(member);
      else putValues(row, member.columns, member.values);
    }
    const sum = track.isFamily ? track.sumOf(rest) : null;
    if (sum === null) return;
    const columns = this.#restColumns(track);
    if (columns !== null) putValues(row, columns, sum);
  }

  /** Gives a member columns if there are any left, besides those kept for the sums. */
  #admit(track: Track, member: Member): void {
    const keys = keysOf(track, member.name, false);
    member.isUnfit = !keys.every(fitsDirectory);
    const reserve = track.isFamily ? this.#reserve() : 0;
    member.columns = member.isUnfit ? null : this.#table.takeAll(keys, reserve);
    member.isRefused = member.columns === null && !member.isUnfit;
  }

  #restColumns(track: Track): readonly number[] | null {
    const known = this.#rests.get(track.metric);
    if (known !== undefined) return known;
    const columns = this.#table.takeAll(keysOf(track, null, true), 0);
    if (columns !== null) this.#rests.set(track.metric, columns);
    return columns;
  }

  /** Columns for sums and single metrics that have none yet: they come before members of families. */
  #reserve(): number {
    let count = 0;
    for (const track of this.#tracks.values()) {
      const isServed = track.isFamily
        ? this.#rests.has(track.metric)
        : track.members.get(null)?.hasColumns === true;
      if (!isServed) count += track.statistics.length;
    }
    return count;
  }

  /** Where somebody was refused: gives columns to those that are more active, or are there at all. */
  #rebalance(): void {
    const tracks = [...this.#tracks.values()];
    if (!tracks.some((track) => anyOf(track, ({ isRefused }) => isRefused))) return;
    const families = tracks.filter(({ isFamily }) => isFamily);
    const kept = new Set<string>();
    for (const track of tracks) {
      for (const key of keysOf(track, null, track.isFamily)) kept.add(key);
      for (const member of track.isFamily ? [] : track.members.values()) member.isRefused = false;
    }
    const demands = families.map((track): Demand<Member> => {
      const members = [...track.members.values()].filter(({ isUnfit }) => !isUnfit);
      return { width: track.statistics.length, members };
    });
    const chosen = chooseMembers(demands, this.#table.tags.length - kept.size);
    for (const [index, track] of families.entries()) {
      for (const { name } of chosen[index] ?? []) {
        for (const key of keysOf(track, name, false)) kept.add(key);
      }
      for (const member of track.members.values()) {
        member.columns = null;
        member.isRefused = true;
      }
      for (const member of chosen[index] ?? []) member.isRefused = false;
    }
    this.#makeRoom(kept);
  }

  /** Drops members that were not chosen, and as many that are gone as those of `kept` need. */
  #makeRoom(kept: ReadonlySet<string>): void {
    const known = [...this.#table.entries()].map(([key]) => key);
    const others = known.filter((key) => !kept.has(key));
    let missing = kept.size - (known.length - others.length) - this.#table.freeCount;
    const gone: string[] = [];
    for (const key of others) {
      if (!this.#isLive(key)) gone.push(key);
      else {
        this.#table.drop(key);
        missing -= 1;
      }
    }
    for (const key of gone.slice(0, Math.max(missing, 0))) this.#table.drop(key);
  }

  #isLive(key: string): boolean {
    const parsed = parseKey(key);
    if (parsed === null) return false;
    return this.#tracks.get(parsed.metric)?.members.has(parsed.member) === true;
  }
}

function keysOf(track: Track, member: string | null, isRest: boolean): readonly string[] {
  const { metric, statistics } = track;
  return statistics.map((statistic) => keyText({ metric, statistic, member, isRest }));
}

function anyOf(track: Track, test: (member: Member) => boolean): boolean {
  for (const member of track.members.values()) if (test(member)) return true;
  return false;
}

function putValues(row: Float32Array, columns: readonly number[], values: readonly number[]): void {
  for (const [at, column] of columns.entries()) {
    const value = values[at] as number;
    if (Number.isFinite(value)) row[column] = value;
  }
}
