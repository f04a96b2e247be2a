import { describe, expect, test } from "vitest";
import type { Anomaly } from "./finding.ts";
import { Told } from "./testing.ts";

/** A history with the anomaly and nothing else, and one beside it that Kafka's model allows. */
type Case = readonly [anomaly: Anomaly, what: string, bad: () => Told, good: () => Told];

const told = (): Told => new Told();

const WRITES: readonly Case[] = [
  [
    "lost write",
    "acknowledged and not in the log",
    () => told().send(1, 0).send(2, 1).log([1]),
    () => told().send(1, 0).send(2, null, { outcome: "info" }).log([1]),
  ],
  [
    "lost write",
    "acknowledged below what was read, without a final log",
    () => told().send(1, 0).send(2, 1).poll(1, [2]),
    () => told().send(1, 0).send(2, 1).poll(0, [1]),
  ],
  [
    "duplicate",
    "one value at two offsets",
    () => told().send(1, 0).log([1, 1]),
    () => told().send(1, 0).send(2, 1).log([1, 2]),
  ],
  [
    "inconsistent offsets",
    "two readers see two values at one offset",
    () => told().send(1, null, { outcome: "info" }).send(2, 0).poll(0, [1]).log([2]),
    () => told().send(1, null, { outcome: "info" }).send(2, 0).poll(0, [2]).log([2]),
  ],
  [
    "inconsistent offsets",
    "a value that nobody sent",
    () => told().send(1, 0).log([1, 7]),
    () => told().send(1, 0).send(7, null, { outcome: "info" }).log([1, 7]),
  ],
  [
    "unseen",
    "a reader that had time did not see it",
    () => {
      const story = told().send(1, 0).send(2, 1).poll(0, [1]).log([1, 2]);
      story.history.readers.set("poller", ["t-0"]);
      return story;
    },
    () => {
      const story = told().send(1, 0).send(2, 1).poll(0, [1, 2]).log([1, 2]);
      story.history.readers.set("poller", ["t-0"]);
      return story;
    },
  ],
];

const ORDER: readonly Case[] = [
  [
    "poll skip",
    "a poll passed over a record",
    () => {
      const records = [{ offset: 1, value: 2 }];
      return told()
        .send(1, 0)
        .send(2, 1)
        .poll(0, [], { read: { to: 2, records } })
        .log([1, 2]);
    },
    () => told().send(1, 0).send(2, 1).poll(0, [1, 2]).log([1, 2]),
  ],
  [
    "poll skip",
    "a session went on too far ahead",
    () => told().send(1, 0).send(2, 1).send(3, 2).poll(0, [1]).poll(2, [3]).log([1, 2, 3]),
    // Across a rebalance, positions may be anywhere.
    () =>
      told()
        .send(1, 0)
        .send(2, 1)
        .send(3, 2)
        .poll(0, [1])
        .poll(2, [3], { session: "poller/2" })
        .log([1, 2, 3]),
  ],
  [
    "nonmonotonic poll",
    "a session went back",
    () => told().send(1, 0).send(2, 1).poll(0, [1, 2]).poll(1, [2]).log([1, 2]),
    () =>
      told()
        .send(1, 0)
        .send(2, 1)
        .poll(0, [1, 2])
        .poll(1, [2], { session: "poller/2" })
        .log([1, 2]),
  ],
  [
    "nonmonotonic poll",
    "records out of order",
    () => {
      const records = [1, 0].map((offset) => ({ offset, value: offset + 1 }));
      return told()
        .send(1, 0)
        .send(2, 1)
        .poll(0, [], { read: { to: 2, records } })
        .log([1, 2]);
    },
    () => told().send(1, 0).send(2, 1).poll(0, [1, 2]).log([1, 2]),
  ],
  [
    "nonmonotonic send",
    "a later send lies before an earlier one",
    () => told().send(1, 1).send(2, 0).log([2, 1]),
    () => told().send(1, 1).send(2, 0, { process: "another" }).log([2, 1]),
  ],
];

const ISOLATION: readonly Case[] = [
  [
    "aborted read",
    "of an aborted transaction",
    () => told().transaction("a", false).send(1, 0, { transaction: "a" }).log([1]),
    () =>
      told().transaction("a", false).send(1, 0, { transaction: "a" }).log([1], { committed: [] }),
  ],
  [
    "aborted read",
    "of a send that failed",
    () => told().send(1, null, { outcome: "fail" }).log([1]),
    () => told().send(1, null, { outcome: "info" }).log([1]),
  ],
  [
    "precommitted read",
    "before its commit was asked for",
    () =>
      told()
        .send(1, 0, { transaction: "a" })
        .poll(0, [1], { isolation: "read_committed" })
        .transaction("a", true)
        .log([1]),
    () =>
      told()
        .send(1, 0, { transaction: "a" })
        .poll(0, [1])
        .transaction("a", true)
        .poll(0, [1], { isolation: "read_committed", session: "poller/2" })
        .log([1]),
  ],
  [
    "torn transaction",
    "half of it is visible",
    () => {
      const story = told().transaction("a", true, "info");
      story.send(1, 0, { transaction: "a" }).send(2, 1, { transaction: "a" });
      return story.log([1, 2], { committed: [{ offset: 0, value: 1 }] });
    },
    () => {
      const story = told().transaction("a", true, "info");
      story.send(1, 0, { transaction: "a" }).send(2, 1, { transaction: "a" });
      return story.log([1, 2], { committed: [] });
    },
  ],
  [
    "torn transaction",
    "committed and not visible",
    () => {
      const story = told().transaction("a", true).send(1, 0, { transaction: "a" });
      return story.log([1], { committed: [] });
    },
    () => told().transaction("a", true).send(1, 0, { transaction: "a" }).log([1]),
  ],
  [
    "write-read cycle",
    "two transactions read from each other",
    () => {
      const story = told().transaction("a", true).transaction("b", true);
      story.send(1, 0, { transaction: "a" }).send(2, 1, { transaction: "b" });
      story.poll(1, [2], { transaction: "a", session: "a" });
      return story.poll(0, [1], { transaction: "b", session: "b" }).log([1, 2]);
    },
    () => {
      const story = told().transaction("a", true).transaction("b", true).transaction("c", true);
      story.send(1, 0, { transaction: "a" }).send(2, 1, { transaction: "b" });
      story.poll(0, [1], { transaction: "b", session: "b" });
      story.poll(0, [1, 2], { transaction: "c", session: "c" });
      return story.log([1, 2]);
    },
  ],
];

const GROUPS: readonly Case[] = [
  [
    "offset regression",
    "an acknowledged commit is gone",
    () => told().commit(5).offsetRead(-1),
    () => told().commit(5, "info").offsetRead(-1),
  ],
  [
    "offset regression",
    "a reader saw more before",
    () => told().offsetRead(7).offsetRead(6),
    () => told().offsetRead(6).offsetRead(7),
  ],
  [
    "double owner",
    "two members have a partition in one generation",
    () => owners(3, 3),
    () => owners(3, 4),
  ],
];

const REPLICAS: readonly Case[] = [
  [
    "watermark regression",
    "the high watermark goes back in a term",
    () => told().marks(1, 5).marks(1, 4),
    () => told().marks(1, 5).marks(2, 4),
  ],
  [
    "watermark regression",
    "the last stable offset goes back in a term",
    () => told().marks(1, 5, 5).marks(1, 6, 4),
    () => told().marks(1, 5, 4).marks(1, 6, 4),
  ],
  [
    "diverging replicas",
    "two copies have other bytes at an offset",
    () => copies([8, 9]),
    // Above the end of one of them they may differ.
    () => copies([8]),
  ],
];

/** Values of one key are 7 apart; those that 5 divides are tombstones. */
const COMPACTION: readonly Case[] = [
  [
    "wrong compaction",
    "the newest record of a key is gone",
    () => compacted([1, 8], [1]),
    () => compacted([1, 8], [8]),
  ],
  [
    "wrong compaction",
    "a record that a tombstone deleted is back",
    () => compacted([1, 15], [1]),
    () => compacted([1, 15], []),
  ],
  [
    "wrong compaction",
    "what was there before an aborted transaction went with it",
    () => compacted([1], []).transaction("x", false).send(8, 1, { transaction: "x" }),
    () => compacted([1], [1]).transaction("x", false).send(8, 1, { transaction: "x" }),
  ],
  [
    "wrong compaction",
    "a record is gone without a tombstone that may have deleted it",
    () => compacted([1], []).send(15, null, { outcome: "fail" }),
    () => compacted([1], []).send(15, null, { outcome: "info" }),
  ],
];

const PROCESSING: readonly Case[] = [
  [
    "not exactly once",
    "a record was processed twice",
    () => derived(["debit", "credit", "debit"]),
    () => derived(["debit", "credit"]),
  ],
  [
    "not exactly once",
    "only half of what was made is there",
    () => derived(["debit"]),
    () => derived(["credit", "debit"]),
  ],
];

/** Record 1, and what was made of it. */
function derived(sides: readonly ("debit" | "credit")[]): Told {
  const story = told().send(1, 0);
  story.history.processed.push("t-0");
  for (const [index, side] of sides.entries()) {
    const value = 100 + index;
    story.history.derivations.push({ source: 1, value, side });
    const made = { process: `processor${index}`, partition: "u-0", value, transaction: null };
    story.history.end(story.history.invokeSend(made), "ok");
  }
  const records = sides.map((_, offset) => ({ offset, value: 100 + offset }));
  const batches = new Map<number, number>();
  return story.log([1]).log([], { partition: "u-0", records, committed: records, batches });
}

/** `sent` from offset 0 on, of which compaction left `left`. */
function compacted(sent: readonly number[], left: readonly number[]): Told {
  const story = told();
  story.history.compacted.add("t-0");
  for (const [offset, value] of sent.entries()) story.send(value, offset);
  const records = left.map((value) => ({ offset: sent.indexOf(value), value }));
  return story.log([], { records, committed: records, endOffset: sent.length + 1 });
}

function owners(first: number, second: number): Told {
  const story = told();
  const given = { group: "g", partitions: ["t-0"] };
  story.history.assignments.push({ ...given, generation: first, member: "a" });
  story.history.assignments.push({ ...given, generation: second, member: "b" });
  return story;
}

function copies(checksums: readonly number[]): Told {
  const story = told().send(1, 0).send(2, 1);
  story.log([1, 2], { copy: "one", batches: new Map([8, 7].map((sum, at) => [at, sum])) });
  const endOffset = checksums.length;
  const batches = new Map(checksums.map((sum, at) => [at, sum]));
  return story.log([1, 2], { copy: "other", batches, endOffset });
}

const CASES = [
  ...WRITES,
  ...ORDER,
  ...ISOLATION,
  ...PROCESSING,
  ...GROUPS,
  ...REPLICAS,
  ...COMPACTION,
];

describe.each(CASES)("%s: %s", (anomaly, _what, bad, good) => {
  test("is found", () => {
    expect(bad().anomalies).toEqual([anomaly]);
  });

  test("its like is allowed", () => {
    expect(good().anomalies).toEqual([]);
  });
});

test("what was noticed on the spot is a finding as it is", () => {
  const story = told();
  story.history.note("stuck", "something waits");
  expect(story.anomalies).toEqual(["stuck"]);
});
