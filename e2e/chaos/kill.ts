/**
 * `npm run chaos:kill -- --runs N [--seed S]`: kills the broker with SIGKILL at random times while
 * idempotent producers send, starts it again on the same folder, and compares what was acknowledged
 * with what is there.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { runTool, wholeNumber } from "@runnel/kit/tool-flags.ts";
import { type BrokerProcess, freePort, startBroker } from "./broker-process.ts";
import { check, createTopic, numberedProducers } from "./workload.ts";

/** Of the command line, where it does not say otherwise. */
const RUNS = 10;
const PRODUCERS = 6;
const PARTITIONS = 3;
/** Kills between two checks of everything. */
const RUNS_PER_CHECK = 10;
const ALIVE_MS_MIN = 100;
const ALIVE_MS_SPAN = 1500;

export interface KillOptions {
  readonly runs: number;
  readonly seed: number;
  tell(line: string): void;
}

export interface ChaosResult {
  readonly findings: readonly string[];
  readonly acknowledged: number;
}

const RUNNEL = join(import.meta.dirname, "..", "..", "apps", "runnel", "src", "main.mjs");

/** Runs all kills; returns what was found wrong. */
export async function runKills({ runs, seed, tell }: KillOptions): Promise<ChaosResult> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(`${tmpdir()}/runnel-kill-`);
  const port = await freePort();
  const args = ["broker", "--data-dir", folder, "--kafka", `127.0.0.1:${port}`, "--admin", "off"];
  const start = () => startBroker(RUNNEL, args, port);
  const findings: string[] = [];
  let acknowledged = 0;
  let broker: BrokerProcess = await start();
  try {
    for (let done = 0; done < runs; ) {
      const topic = `kills-${done}`;
      await createTopic(port, topic, PARTITIONS, { "segment.bytes": "1048576" });
      const producers = numberedProducers(random, {
        count: PRODUCERS,
        partitions: PARTITIONS,
        topic,
        port: () => port,
      });
      const running = producers.map(({ producer }) => producer.run());
      const until = Math.min(runs, done + RUNS_PER_CHECK);
      for (; done < until; done += 1) {
        await sleep(ALIVE_MS_MIN + random.below(ALIVE_MS_SPAN));
        await broker.kill("SIGKILL");
        broker = await start();
      }
      for (const { producer } of producers) producer.stop();
      await Promise.all(running);
      findings.push(...(await check(port, topic, producers)));
      acknowledged += producers.reduce((sum, one) => sum + one.producer.offsets.size, 0);
      tell(
        `${done} of ${runs} kills, ${acknowledged} records acknowledged, ${findings.length} findings`,
      );
      if (findings.length > 0) tell(broker.output());
    }
  } finally {
    await broker.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
  return { findings, acknowledged };
}

/** Runs a chaos test from the command line; the exit code is 1 on a finding, 2 on bad usage. */
export async function mainOf(
  name: string,
  about: string,
  run: (options: KillOptions) => Promise<ChaosResult>,
): Promise<void> {
  const flags = {
    runs: { value: "N", text: `how often (default: ${RUNS})` },
    seed: { value: "S", text: "repeats the choices of an earlier run (default: a new seed)" },
  };
  await runTool({ command: `npm run ${name} --`, about, flags }, async (given) => {
    const runs = wholeNumber(given.runs, "runs", { min: 1, missing: RUNS });
    const seed = wholeNumber(given.seed, "seed", { min: 0, missing: Date.now() % 1_000_000 });
    await report(name, run, { runs, seed });
  });
}

async function report(
  name: string,
  run: (options: KillOptions) => Promise<ChaosResult>,
  { runs, seed }: { readonly runs: number; readonly seed: number },
): Promise<void> {
  process.stdout.write(`SEED=${seed}\n`);
  const result = await run({
    runs,
    seed,
    tell: (line) => process.stdout.write(`${line}\n`),
  });
  for (const finding of result.findings.slice(0, 50)) process.stdout.write(`${finding}\n`);
  const verdict =
    result.findings.length === 0 ? "no findings" : `${result.findings.length} findings`;
  process.stdout.write(`${runs} runs, ${result.acknowledged} records acknowledged: ${verdict}\n`);
  if (result.findings.length > 0) {
    process.stdout.write(`reproduce: npm run ${name} -- --runs ${runs} --seed ${seed}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) {
  const about =
    "Kills a broker under load again and again, and looks for records that are lost or doubled.";
  await mainOf("chaos:kill", about, runKills);
}
