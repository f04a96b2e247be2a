/**
 * `npm run sim`: whole brokers in simulated worlds, one per seed, judged by checkers. With `--bugs` the
 * same for brokers with a bug planted in them: each must be found.
 */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { runTool, ToolUsageError, wholeNumber } from "@runnel/kit/tool-flags.ts";
import { BUGS, SEEDS_PER_BUG } from "./bugs/bugs.ts";
import { WORKLOADS, type Workload } from "./plan.ts";
import { NO_DIGEST, SeedRunner } from "./seed-runner.ts";
import type { SeedReport, SeedRequest } from "./seed-worker.ts";

/** Of the command line, where it does not say otherwise. */
const SEEDS = 200;
/** Findings of one seed that are shown. */
const FINDINGS_SHOWN_MAX = 10;
const PROGRESS_SEEDS = 100;

const TOOL = {
  command: "npm run sim --",
  about: "Runs simulated worlds with faults; ends with 1 when a checker finds something.",
  flags: {
    seeds: { value: "N", text: `how many worlds (${SEEDS})` },
    first: { value: "SEED", text: "the seed of the first one (1)" },
    jobs: { value: "N", text: "worlds at the same time, each on a core (1)" },
    workload: { value: "NAME", text: `only this one: ${WORKLOADS.join(", ")}` },
    digests: { value: null, text: "prints what each seed came to: equal on every run and runtime" },
    log: { value: null, text: "with a finding, shows what the brokers logged" },
    bug: { value: "NAME", text: "plants this one alone" },
    bugs: { value: null, text: "plants each known bug, and ends with 1 when one is not found" },
  },
} as const;

interface Options {
  readonly jobs: number;
  readonly workload: Workload | null;
  readonly showsDigests: boolean;
  readonly showsLog: boolean;
}

await runTool(TOOL, async (flags) => {
  const options: Options = {
    jobs: wholeNumber(flags.jobs, "jobs", { min: 1, missing: 1 }),
    workload: workloadOf(flags.workload),
    showsDigests: flags.digests !== undefined,
    showsLog: flags.log !== undefined,
  };
  const first = wholeNumber(flags.first, "first", { min: 0, missing: 1 });
  if (flags.bugs !== undefined || flags.bug !== undefined) {
    const bugs = BUGS.filter(({ name }) => flags.bug === undefined || name === flags.bug);
    if (bugs.length === 0) throw new ToolUsageError(`--bug: none is called "${flags.bug}"`);
    console.log(`planted bugs, seeds from ${first} on, at ${commit()}`);
    process.exitCode = (await runBugs(bugs, first, options)) ? 0 : 1;
    return;
  }
  const count = wholeNumber(flags.seeds, "seeds", { min: 1, missing: SEEDS });
  console.log(`${count} seeds from ${first} on, at ${commit()}`);
  const seeds = Array.from({ length: count }, (_, index) => first + index);
  const wanted = seeds.map((seed) => ({ seed, workload: options.workload }));
  process.exitCode = (await runSeeds(wanted, options)) ? 0 : 1;
});

/** Whether all were clean. `workload` null: the one that the seed draws. */
async function runSeeds(seeds: readonly SeedRequest[], options: Options): Promise<boolean> {
  const next = seeds.values();
  const done: SeedReport[] = [];
  const work = async (): Promise<void> => {
    await using runner = new SeedRunner(null);
    for (const { seed, workload } of next) {
      const report = await runner.run(seed, workload);
      done.push(report);
      if (options.showsDigests) console.log(`seed ${seed}: ${report.digest}`);
      if (report.findings.length > 0) show(report, options);
      else if (done.length % PROGRESS_SEEDS === 0) console.log(progressOf(done, seeds.length));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  const bad = done.filter(({ findings }) => findings.length > 0);
  console.log(`${progressOf(done, seeds.length)}, ${bad.length} with findings`);
  const [worst] = bad.toSorted((a, b) => a.seed - b.seed);
  if (worst !== undefined) {
    const { seed, workload } = worst;
    console.log(`reproduce: npm run sim -- --first ${seed} --seeds 1 --workload ${workload} --log`);
  }
  return bad.length === 0;
}

function show({ seed, workload, findings, log }: SeedReport, { showsLog }: Options): void {
  console.log(`seed ${seed} (${workload}): ${findings.length} findings`);
  if (showsLog) for (const line of log) console.log(`  | ${line}`);
  for (const { anomaly, text } of findings.slice(0, FINDINGS_SHOWN_MAX)) {
    console.log(`  ${anomaly}: ${text}`);
  }
}

function progressOf(done: readonly SeedReport[], all: number): string {
  const acknowledged = done.reduce((sum, report) => sum + report.acknowledged, 0);
  const cpu = done.map(({ cpuMs }) => cpuMs).toSorted((a, b) => a - b);
  const median = (cpu[Math.floor(cpu.length / 2)] ?? 0).toFixed(0);
  const size = `${done.length} of ${all} seeds, ${acknowledged} records acknowledged`;
  return `${size}, ${median} ms of CPU each (median)`;
}

/** Whether every bug was found. */
async function runBugs(bugs: typeof BUGS, first: number, { jobs }: Options): Promise<boolean> {
  const next = bugs.values();
  let missed = 0;
  const work = async (): Promise<void> => {
    for (const bug of next) {
      await using runner = new SeedRunner(bug.name);
      const found = await firstFinding(runner, bug, first);
      if (found === null) {
        missed += 1;
        console.log(`MISSED  ${bug.name}: not found in ${SEEDS_PER_BUG} seeds`);
      } else console.log(`found   ${bug.name}: ${found.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  console.log(`${bugs.length - missed} of ${bugs.length} planted bugs were found`);
  return missed === 0;
}

/** Null where the seeds show nothing. Rejects where the broker with the bug cannot even be run. */
async function firstFinding(
  runner: SeedRunner,
  { name, workload }: (typeof BUGS)[number],
  first: number,
): Promise<string | null> {
  for (let seed = first; seed < first + SEEDS_PER_BUG; seed += 1) {
    const { findings, digest } = await runner.run(seed, workload);
    const [finding] = findings;
    if (finding === undefined) continue;
    const { anomaly, text } = finding;
    if (digest === NO_DIGEST) throw new Error(`"${name}", seed ${seed}: ${text}`);
    return `seed ${seed}, ${anomaly}: ${text.split("\n", 1)[0] ?? ""}`;
  }
  return null;
}

function workloadOf(text: string | undefined): Workload | null {
  if (text === undefined) return null;
  const found = WORKLOADS.find((one) => one === text);
  if (found !== undefined) return found;
  throw new ToolUsageError(`--workload: "${text}" is none of ${WORKLOADS.join(", ")}`);
}

/** What is run: the commit, marked where files differ from it. */
function commit(): string {
  try {
    const args = ["-c", "safe.directory=*", "describe", "--always", "--dirty"];
    return execFileSync("git", args, { encoding: "utf8" }).trim();
  } catch {
    return "an unknown commit";
  }
}
