/** The thread behind `seed-runner.ts`: plants the bug, loads the broker, runs what it is told. */
import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { plantBug } from "./bugs/plant.ts";
import type { Finding } from "./checkers/finding.ts";
import type { Workload } from "./plan.ts";

export interface SeedRequest {
  readonly seed: number;
  readonly workload: Workload | null;
}

/** What came of a seed, as a message. */
export interface SeedReport {
  readonly seed: number;
  readonly workload: Workload;
  readonly findings: readonly Finding[];
  readonly digest: string;
  readonly acknowledged: number;
  readonly cpuMs: number;
  /** What the brokers logged; none without a finding. */
  readonly log: readonly string[];
}

/** What the thread says: once that it listens, then what came of each seed. */
export type SeedMessage = SeedReport | "ready";

const { bug } = workerData as { readonly bug: string | null };
if (bug !== null) plantBug(bug);
// Only now: what the bug is planted in must not be loaded before.
const { runSeed } = await import("./run.ts");

parentPort?.on("message", ({ seed, workload }: SeedRequest) => {
  const before = process.cpuUsage();
  void runSeed(seed, workload).then((result) => {
    const { findings, digest, acknowledged, log } = result;
    const used = process.cpuUsage(before);
    const report: SeedReport = {
      seed,
      workload: result.workload,
      findings: findings.map(({ anomaly, text }) => ({ anomaly, text })),
      digest,
      acknowledged,
      cpuMs: (used.user + used.system) / 1000,
      log: findings.length > 0 ? log : [],
    };
    parentPort?.postMessage(report);
  });
});
parentPort?.postMessage("ready" satisfies SeedMessage);
