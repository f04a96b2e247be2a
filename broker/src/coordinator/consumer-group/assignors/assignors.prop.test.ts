/**
 * What every target must hold, over a chain of changes of members, subscriptions and topics: each partition
 * that somebody asks for has one owner who does; the same input has one outcome; members are even; and
 * nobody gives up more than that takes.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countPartitions, NO_PARTITIONS, type Partitions } from "../partitions.ts";
import type { Assignor, AssignorInput } from "./assignor.ts";
import { assignRange } from "./range.ts";
import { assignUniform } from "./uniform.ts";

interface Round {
  readonly counts: readonly number[];
  /** Per member: null for one that is not there, else the topics that it asks for. */
  readonly members: readonly (readonly number[] | null)[];
}

const TOPICS = ["t0", "t1", "t2", "t3"];
const counts = fc.array(fc.nat(9), { minLength: TOPICS.length, maxLength: TOPICS.length });
const some = fc.subarray(TOPICS.map((_, at) => at));

/** All who are there ask for the same. */
const even: fc.Arbitrary<Round> = fc
  .record({ counts, topics: some, present: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }) })
  .map(({ counts: sizes, topics, present }) => ({
    counts: sizes,
    members: present.map((isThere) => (isThere ? topics : null)),
  }));
const mixed: fc.Arbitrary<Round> = fc.record({
  counts,
  members: fc.array(fc.option(some), { minLength: 7, maxLength: 7 }),
});

function inputOf(round: Round, previous: ReadonlyMap<string, Partitions>): AssignorInput {
  const shared = new Map<string, readonly string[]>();
  return {
    partitionCounts: new Map(TOPICS.map((topic, at) => [topic, round.counts[at] ?? 0])),
    members: round.members.flatMap((topics, at) => {
      if (topics === null) return [];
      const ids = topics.map((topic) => TOPICS[topic] ?? "").filter((topic) => topic !== "");
      const known = shared.get(ids.join()) ?? ids;
      shared.set(ids.join(), known);
      const memberId = `m${at}`;
      return [
        {
          memberId,
          groupInstanceId: at % 3 === 0 ? `i${9 - at}` : null,
          topicIds: known,
          current: previous.get(memberId) ?? NO_PARTITIONS,
        },
      ];
    }),
  };
}

/** Plays the rounds, each on the target of the one before; checks what every assignor must hold. */
function play(
  assignor: Assignor,
  rounds: readonly Round[],
  check: (input: AssignorInput, target: ReadonlyMap<string, Partitions>) => void,
): void {
  let previous: ReadonlyMap<string, Partitions> = new Map();
  for (const round of rounds) {
    const input = inputOf(round, previous);
    const target = assignor(input);
    const shuffled = assignor({ ...input, members: input.members.toReversed() });
    expect(new Map(shuffled)).toEqual(new Map(target));
    checkOwners(input, target);
    check(input, target);
    previous = target;
  }
}

function checkOwners(input: AssignorInput, target: ReadonlyMap<string, Partitions>): void {
  expect([...target.keys()].sort()).toEqual(input.members.map(({ memberId }) => memberId).sort());
  const owned = new Set<string>();
  for (const { memberId, topicIds } of input.members) {
    for (const [topic, partitions] of target.get(memberId) ?? []) {
      expect(topicIds).toContain(topic);
      for (const partition of partitions) {
        expect(owned.has(`${topic}/${partition}`)).toBe(false);
        owned.add(`${topic}/${partition}`);
        expect(partition).toBeLessThan(input.partitionCounts.get(topic) ?? 0);
      }
    }
  }
  const wanted = new Set(input.members.flatMap(({ topicIds }) => topicIds));
  const total = [...wanted].reduce((sum, one) => sum + (input.partitionCounts.get(one) ?? 0), 0);
  expect(owned.size).toBe(total);
}

const sizeOf = (target: ReadonlyMap<string, Partitions>, memberId: string): number =>
  countPartitions(target.get(memberId) ?? NO_PARTITIONS);

/** Partitions that a member had, could keep, and has not any more. */
function givenUp(input: AssignorInput, target: ReadonlyMap<string, Partitions>): number {
  let count = 0;
  for (const { memberId, topicIds, current } of input.members) {
    for (const [topic, partitions] of current) {
      if (!topicIds.includes(topic)) continue;
      const has = new Set(target.get(memberId)?.get(topic));
      const left = partitions.filter((one) => one < (input.partitionCounts.get(topic) ?? 0));
      count += left.filter((one) => !has.has(one)).length;
    }
  }
  return count;
}

/** What must be given up at the least so that numbers differ by one at most. */
function leastGivenUp(input: AssignorInput, target: ReadonlyMap<string, Partitions>): number {
  const kept = input.members.map(({ topicIds, current }) =>
    [...current].reduce((sum, [topic, partitions]) => {
      if (!topicIds.includes(topic)) return sum;
      return sum + partitions.filter((one) => one < (input.partitionCounts.get(topic) ?? 0)).length;
    }, 0),
  );
  const total = [...target.values()].reduce((sum, one) => sum + countPartitions(one), 0);
  const least = Math.floor(total / Math.max(1, kept.length));
  const withOneMore = total % Math.max(1, kept.length);
  const over = kept.filter((size) => size > least).length;
  const surplus = kept.reduce((sum, size) => sum + Math.max(0, size - least), 0);
  return surplus - Math.min(over, withOneMore);
}

describe("uniform", () => {
  test("members that ask for the same differ by one, and give up no more than that takes", () => {
    fc.assert(
      fc.property(fc.array(even, { minLength: 1, maxLength: 6 }), (rounds) => {
        play(assignUniform, rounds, (input, target) => {
          const sizes = [...target.keys()].map((memberId) => sizeOf(target, memberId));
          if (sizes.length === 0) return;
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
          expect(givenUp(input, target)).toBe(leastGivenUp(input, target));
        });
      }),
      { numRuns: 300 },
    );
  });

  test("of members that ask for different topics, no move makes two more even", () => {
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 1, maxLength: 6 }), (rounds) => {
        play(assignUniform, rounds, (input, target) => {
          for (const { memberId } of input.members) {
            const topics = [...(target.get(memberId)?.keys() ?? [])];
            for (const other of input.members) {
              if (!other.topicIds.some((topic) => topics.includes(topic))) continue;
              const excess = sizeOf(target, memberId) - sizeOf(target, other.memberId);
              expect(excess).toBeLessThanOrEqual(1);
            }
          }
          // The same again changes nothing.
          const again = input.members.map((member) => ({
            ...member,
            current: target.get(member.memberId) ?? NO_PARTITIONS,
          }));
          expect(
            givenUp({ ...input, members: again }, assignUniform({ ...input, members: again })),
          ).toBe(0);
        });
      }),
      { numRuns: 300 },
    );
  });

  test("partitions of a topic go to many members, not to few", () => {
    const input = inputOf(
      { counts: [4, 4, 0, 0], members: [[0, 1], [0, 1], null, null] },
      new Map(),
    );
    const sizes = [...assignUniform(input).values()].map((one) =>
      TOPICS.map((topic) => one.get(topic)?.length ?? 0),
    );
    expect(sizes).toEqual([
      [2, 2, 0, 0],
      [2, 2, 0, 0],
    ]);
  });
});

describe("range", () => {
  test("each member has a run of a topic, and equal topics lie alike", () => {
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 1, maxLength: 4 }), (rounds) => {
        play(assignRange, rounds, (_input, target) => {
          for (const topics of target.values()) {
            for (const partitions of topics.values()) {
              const [first = 0] = partitions;
              expect(partitions).toEqual(partitions.map((_, at) => first + at));
            }
          }
        });
      }),
      { numRuns: 300 },
    );
    const equal = inputOf(
      {
        counts: [5, 5, 0, 0],
        members: [
          [0, 1],
          [0, 1],
          [0, 1],
        ],
      },
      new Map(),
    );
    for (const topics of assignRange(equal).values()) {
      expect(topics.get("t0")).toEqual(topics.get("t1"));
    }
  });

  test("static members come first, by the name that they keep", () => {
    const member = (memberId: string, groupInstanceId: string | null) => {
      return { memberId, groupInstanceId, topicIds: ["t"], current: NO_PARTITIONS };
    };
    const members = [member("a", null), member("z", "i1"), member("b", "i2")];
    const target = assignRange({ members, partitionCounts: new Map([["t", 3]]) });
    expect(target.get("z")?.get("t")).toEqual([0]);
    expect(target.get("b")?.get("t")).toEqual([1]);
    expect(target.get("a")?.get("t")).toEqual([2]);
  });
});
