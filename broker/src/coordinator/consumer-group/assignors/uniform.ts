/**
 * `uniform`: members have as many partitions as each other, and keep what they had.
 *
 * Where all ask for the same topics, numbers differ by one at most, and nobody gives up more than that
 * takes. Where they do not, `mixed.ts` moves partitions for as long as that makes two members more even.
 */
import type { Partitions } from "../partitions.ts";
import type { AssignorInput } from "./assignor.ts";
import { give, type Holding, keepCurrent, type Place, targetsOf } from "./holdings.ts";
import { spreadMixed } from "./mixed.ts";

export function assignUniform(input: AssignorInput): ReadonlyMap<string, Partitions> {
  const { all, free } = keepCurrent(input);
  const lists = new Set(input.members.map(({ topicIds }) => topicIds));
  if (lists.size > 1) spreadMixed(all, free);
  else spreadEvenly(all, free);
  return targetsOf(all);
}

function spreadEvenly(all: readonly Holding[], free: readonly Place[]): void {
  if (all.length === 0) return;
  const total = all.reduce((sum, { size }) => sum + size, free.length);
  const least = Math.floor(total / all.length);
  let withOneMore = total % all.length;
  const left = [...free];
  for (const holding of all) {
    if (holding.size <= least) continue;
    const quota = withOneMore > 0 ? least + 1 : least;
    if (quota > least) withOneMore -= 1;
    if (holding.size > quota) left.push(...release(holding, quota));
  }
  left.sort(byPlace);
  deal(all, left, { least, withOneMore });
}

/**
 * Leaves the holding with `quota` partitions, and gives the others: of each topic about the same share,
 * so that no topic ends up with few members.
 */
function release(holding: Holding, quota: number): readonly Place[] {
  const ranked: (Place & { readonly rank: number })[] = [];
  for (const [topicId, partitions] of holding.topics) {
    partitions.sort((a, b) => a - b);
    for (const [rank, partition] of partitions.entries()) {
      ranked.push({ topicId, partition, rank });
    }
  }
  ranked.sort((a, b) => a.rank - b.rank || byPlace(a, b));
  holding.topics.clear();
  holding.size = 0;
  for (const place of ranked.slice(0, quota)) give(holding, place);
  return ranked.slice(quota);
}

/** Gives in turn to those who have less than `least`, then one more each to those who may. */
function deal(
  all: readonly Holding[],
  places: readonly Place[],
  { least, withOneMore }: { readonly least: number; readonly withOneMore: number },
): void {
  let open = all.filter(({ size }) => size < least);
  let isLastRound = open.length === 0;
  if (isLastRound) open = lastRound(all, least, withOneMore);
  let turn = 0;
  for (const place of places) {
    if (turn >= open.length) {
      if (!isLastRound) open = open.filter(({ size }) => size < least);
      turn = 0;
    }
    if (open.length === 0) {
      isLastRound = true;
      open = lastRound(all, least, withOneMore);
    }
    const holding = open[turn];
    if (holding === undefined) return;
    give(holding, place);
    turn += 1;
  }
}

const lastRound = (all: readonly Holding[], least: number, count: number): Holding[] =>
  all.filter(({ size }) => size === least).slice(0, count);

function byPlace(a: Place, b: Place): number {
  if (a.topicId !== b.topicId) return a.topicId < b.topicId ? -1 : 1;
  return a.partition - b.partition;
}
