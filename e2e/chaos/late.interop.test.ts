/** T9: frames that come late, from real clients. `npm run chaos:late` has more of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FrameKind } from "./late/frames.ts";
import { allPlans, isPowerful, nameOf, type Plan, type Subject } from "./late/plan.ts";
import { play } from "./late/play.ts";
import { LateStage } from "./late/stage.ts";
import { allSubjects } from "./late/subjects.ts";
import { runLate } from "./late.ts";

const ROUNDS = 12;
const seed = Date.now() % 1_000_000;

let stage: LateStage;

beforeAll(async () => {
  stage = await LateStage.start();
});
afterAll(async () => {
  for (const subject of allSubjects) await subject.stop();
  await stage[Symbol.asyncDispose]();
});

const named = (plans: readonly Plan[]) => plans.map((plan) => [nameOf(plan), plan] as const);

describe.concurrent.each(allSubjects)("$client.name, $protocol: it decides nothing", (subject) => {
  const plans = allPlans(subject).filter((plan) => !isPowerful(plan, subject));
  test.each(named(plans))("%s", async (_name, plan) => {
    expect(await play(stage, subject.client, plan)).toEqual([]);
  });
});

/**
 * In the classic protocol a producer has one epoch for all its transactions. `docs/delivery-semantics.md` says what comes of it;
 * what is not named here does nothing.
 */
const POWERS: Partial<Record<FrameKind, Readonly<Record<string, readonly string[]>>>> = {
  AddPartitionsToTxn: { behind: ["a transaction is left open"] },
  AddOffsetsToTxn: { behind: ["a transaction is left open"] },
  TxnOffsetCommit: { within: ["offset 2, committed was 3"] },
  commit: {
    within: [
      "torn: 1 of 2 records of next-0",
      "aborted and read: next-0 in 0",
      "offset 3, committed was 2",
    ],
  },
  abort: {
    within: ["lost: next-0 in 0", "torn: 1 of 2 records of next-0", "offset 1, committed was 3"],
  },
};

/** What a plan with one later transaction comes to. */
function powerOf({ frame, deliveries, followers }: Plan, { client }: Subject): readonly string[] {
  const [first] = deliveries;
  const when = first?.follower === followers.length ? "behind" : "within";
  const findings = first?.at === "begin" && when === "within" ? [] : POWERS[frame]?.[when];
  const isMeasured = (text: string) =>
    client.lacksOffsets === undefined || !text.startsWith("offset");
  return (findings ?? []).filter(isMeasured);
}

describe.concurrent.each(allSubjects.filter(({ protocol }) => protocol === "classic"))(
  "$client.name, $protocol: what the broker cannot tell from a frame of now",
  (subject) => {
    const plans = allPlans(subject).filter((plan) => isPowerful(plan, subject));
    test.each(named(plans))("%s", async (_name, plan) => {
      expect(await play(stage, subject.client, plan)).toEqual(powerOf(plan, subject));
    });
  },
);

test(`${ROUNDS} rounds at random`, async () => {
  process.stderr.write(`SEED=${seed}\n`);
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  expect(await runLate({ stage, rounds: ROUNDS, seed, subjects: allSubjects, tell })).toEqual([]);
});
