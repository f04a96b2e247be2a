/**
 * `npm run chaos:late -- --rounds N [--seed S]`: keeps back a frame of a client's transaction, and lets it go, several times
 * and by several connections, between and within later transactions of the same id. It must decide none of them.
 */
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { runTool, ToolUsageError, wholeNumber } from "@runnel/kit/tool-flags.ts";
import { drawPlan, nameOf, type Subject } from "./late/plan.ts";
import { play } from "./late/play.ts";
import { LateStage } from "./late/stage.ts";
import { allSubjects } from "./late/subjects.ts";

/** Of the command line, where it does not say otherwise. */
const ROUNDS = 50;
/** Rounds wait for timeouts, most of the time. */
const AT_ONCE = 4;

export interface LateOptions {
  readonly stage: LateStage;
  readonly rounds: number;
  readonly seed: number;
  readonly subjects: readonly Subject[];
  tell(line: string): void;
}

/** Plays all rounds; returns what was found, with the round that it was found in. */
export async function runLate(options: LateOptions): Promise<readonly string[]> {
  const { stage, rounds, seed, subjects, tell } = options;
  const random = seededRandom(seed);
  const drawn = Array.from({ length: rounds }, (_, round) => {
    const subject = subjects[random.below(subjects.length)] as Subject;
    const plan = drawPlan(random, subject);
    return { subject, plan, name: `${round + 1}: ${subject.name}: ${nameOf(plan)}` };
  });
  const findings: string[] = [];
  const waiting = drawn.values();
  const lanes = Array.from({ length: AT_ONCE }, async () => {
    for (const { subject, plan, name } of waiting) {
      const found = await play(stage, subject.client, plan);
      tell(`${name}: ${found.length === 0 ? "no" : found.length} findings`);
      findings.push(...found.map((finding) => `${name}: ${finding}`));
    }
  });
  await Promise.all(lanes);
  return findings;
}

async function main(): Promise<void> {
  const flags = {
    rounds: { value: "N", text: `how many (default: ${ROUNDS})` },
    seed: { value: "S", text: "repeats the choices of an earlier run (default: a new seed)" },
    clients: { value: "A,B", text: `which of ${allSubjects.map(({ name }) => name).join(",")}` },
  };
  const about =
    "Keeps back frames of transactional clients between them and a broker, lets them go when later\n" +
    "transactions are under way, and looks for those that a late frame has changed.";
  await runTool({ command: "npm run chaos:late --", about, flags }, async (given) => {
    const rounds = wholeNumber(given.rounds, "rounds", { min: 1, missing: ROUNDS });
    const seed = wholeNumber(given.seed, "seed", { min: 0, missing: Date.now() % 1_000_000 });
    const subjects = subjectsOf(given.clients);
    const tell = (line: string): void => void process.stdout.write(`${line}\n`);
    tell(`SEED=${seed}`);
    const findings = await withStage((stage) => runLate({ stage, rounds, seed, subjects, tell }));
    for (const finding of findings) tell(finding);
    tell(`${rounds} rounds: ${findings.length === 0 ? "no" : findings.length} findings`);
    if (findings.length === 0) return;
    const clients = subjects.map(({ name }) => name).join(",");
    tell(`reproduce: npm run chaos:late -- --rounds ${rounds} --seed ${seed} --clients ${clients}`);
    process.exitCode = 1;
  });
}

async function withStage<Result>(work: (stage: LateStage) => Promise<Result>): Promise<Result> {
  await using stage = await LateStage.start();
  try {
    return await work(stage);
  } finally {
    for (const subject of allSubjects) await subject.stop();
  }
}

function subjectsOf(names: string | undefined): readonly Subject[] {
  if (names === undefined) return allSubjects;
  return names.split(",").map((name) => {
    const subject = allSubjects.find((one) => one.name === name);
    if (subject === undefined) throw new ToolUsageError(`--clients: there is no client "${name}"`);
    return subject;
  });
}

if (import.meta.main) await main();
