/** Runs the world of one seed to its end, and lets the checkers judge. */
import process from "node:process";
import { check } from "./checkers/check.ts";
import type { Finding } from "./checkers/finding.ts";
import { readWholeLog } from "./clients/final-reader.ts";
import type { History } from "./history.ts";
import { planOf, type Workload } from "./plan.ts";
import { Stage } from "./stage.ts";
import { playBank } from "./workloads/bank.ts";
import { playGroup } from "./workloads/group.ts";
import { playLog } from "./workloads/log.ts";
import { playTransactions } from "./workloads/transactions.ts";

/** Simulated ms after which a world that has not ended is taken for one that never will. */
const WORLD_MS_MAX = 900_000;

const PLAYS: Readonly<Record<Workload, (stage: Stage) => Promise<void>>> = {
  log: playLog,
  group: playGroup,
  transactions: playTransactions,
  bank: playBank,
};

export interface SeedResult {
  readonly seed: number;
  readonly workload: Workload;
  readonly findings: readonly Finding[];
  /** Equal for equal histories. */
  readonly digest: string;
  readonly eventCount: number;
  readonly acknowledged: number;
  /** What the brokers logged, the last lines. */
  readonly log: readonly string[];
  readonly history: History;
}

/** Never rejects for what happens in the world. One at a time in a process. */
export async function runSeed(seed: number, workload: Workload | null = null): Promise<SeedResult> {
  const plan = planOf(seed, workload);
  const stage = new Stage(plan);
  const { history, time, broker } = stage;
  const onRejection = (error: unknown): void => history.note("bug", `unhandled: ${stackOf(error)}`);
  process.on("unhandledRejection", onRejection);
  try {
    let isOver = false;
    play(stage).then(
      () => {
        isOver = true;
      },
      (error: unknown) => {
        history.note("bug", `the story broke: ${stackOf(error)}`);
        isOver = true;
      },
    );
    const hasEnded = await time.run(() => isOver, WORLD_MS_MAX);
    if (!hasEnded) history.note("stuck", `the story, after ${WORLD_MS_MAX} ms`);
  } catch (error) {
    history.note("bug", `uncaught: ${stackOf(error)}`);
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  return {
    seed,
    workload: plan.workload,
    findings: check(history),
    digest: history.digest(),
    eventCount: time.eventCount,
    acknowledged: history.sends.filter(({ outcome }) => outcome === "ok").length,
    log: broker.logger.lines,
    history,
  };
}

async function play(stage: Stage): Promise<void> {
  const { plan, nemesis } = stage;
  await stage.open();
  await PLAYS[plan.workload](stage);
  await readAll(stage, "before the last restart");
  await nemesis.restart(plan.isDurable ? "power" : "kill");
  await readAll(stage, "after it");
}

async function readAll(stage: Stage, copy: string): Promise<void> {
  const client = stage.client(`final reader ${copy}`);
  const topics = stage.topics();
  for (const partition of stage.partitions) {
    stage.history.logs.push(await readWholeLog(client, topics.find(partition), copy));
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
