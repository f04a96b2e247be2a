import { describe, expect, test } from "vitest";
import { PATTERN_LENGTH_MAX } from "../linear-pattern.ts";
import { FakeTopics } from "../testing/fake-topics.ts";
import { TopicPatterns } from "./topic-patterns.ts";

/** A scheduler whose work runs when the test says so. */
function patternsOver(topics: FakeTopics): {
  readonly patterns: TopicPatterns;
  readonly turn: () => number;
} {
  let waiting: (() => void)[] = [];
  const scheduler = {
    after: () => ({ cancel() {} }),
    soon: (work: () => void) => void waiting.push(work),
  };
  const turn = (): number => {
    const ready = waiting;
    waiting = [];
    for (const work of ready) work();
    return ready.length;
  };
  return { patterns: new TopicPatterns(topics, scheduler), turn };
}

describe("TopicPatterns", () => {
  test("matches whole names, in order, and not the broker's own topics", () => {
    const topics = new FakeTopics();
    for (const name of ["b-orders", "orders", "orders-2", "a", "__consumer_offsets"]) {
      topics.add(name, 1);
    }
    const { patterns } = patternsOver(topics);
    expect(patterns.topicsOf("orders")).toEqual(["orders"]);
    expect(patterns.topicsOf(".*orders.*")).toEqual(["b-orders", "orders", "orders-2"]);
    expect(patterns.topicsOf("a|x")).toEqual(["a"]);
    expect(patterns.topicsOf(".*offsets")).toEqual([]);
  });

  test("looks again once a topic came or went, and gives the same list until then", () => {
    const topics = new FakeTopics();
    topics.add("a1", 1);
    const { patterns } = patternsOver(topics);
    const first = patterns.topicsOf("a.");
    expect(patterns.topicsOf("a.")).toBe(first);
    topics.add("a2", 1);
    expect(patterns.topicsOf("a.")).toEqual(["a1", "a2"]);
    topics.remove("a1");
    expect(patterns.topicsOf("a.")).toEqual(["a2"]);
  });

  test("serves others between slices of many names, and does not know until it is done", () => {
    const topics = new FakeTopics();
    for (let at = 0; at < 60_000; at += 1) topics.add(`topic-${at}`, 1);
    const { patterns, turn } = patternsOver(topics);
    const pattern = "topic-[0-9]*7[0-9]{1,2}(x|y|z){0,3}";
    expect(patterns.topicsOf(pattern)).toBeNull();
    let turns = 0;
    while (turn() > 0) turns += 1;
    expect(turns).toBeGreaterThan(2);
    const found = patterns.topicsOf(pattern);
    expect(found).toContain("topic-170");
    // Names that came meanwhile are looked for the next time.
    topics.add("topic-71", 2);
    expect(patterns.topicsOf(pattern)).toBeNull();
  });

  test("P17: the textbook's exponential expression takes linear time", () => {
    const topics = new FakeTopics();
    topics.add(`${"a".repeat(240)}!`, 1);
    const { patterns } = patternsOver(topics);
    expect(patterns.topicsOf("(a+)+$")).toEqual([]);
    expect(patterns.topicsOf("(a|aa)*(a|aaa)*b")).toEqual([]);
  });

  test.each([
    ["(", /not a regular expression of RE2/],
    ["(?<=a)b", /not a regular expression of RE2/],
    ["(a)\\1", /not a regular expression of RE2/],
    ["a".repeat(PATTERN_LENGTH_MAX + 1), /at most 1000 characters/],
    ["((a{30}){30}){30}", /instructions/],
    [`(${"abc".repeat(200)}){1000}`, /instructions/],
    ["(ab|cd){0,1000}", /instructions/],
  ])("P17: %j is refused in a sentence", (pattern, problem) => {
    const { patterns } = patternsOver(new FakeTopics());
    expect(patterns.problemOf(pattern)).toMatch(problem);
    expect(patterns.topicsOf(pattern)).toBeNull();
  });
});
