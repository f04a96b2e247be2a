/**
 * `npm run chaos:eos -- --faults N [--seed S]`: kills and pauses the broker, and processors with the clients of three
 * languages, while transfers between accounts are consumed, made and committed in transactions. At the end every transfer
 * was made exactly once, and no transaction is in the log by halves.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { runTool, ToolUsageError, wholeNumber } from "@runnel/kit/tool-flags.ts";
import type { Random } from "@runnel/kit/world.ts";
import { allKinds, type ProcessorKind } from "./eos/clients.ts";
import type { Counts, Slot } from "./eos/slot.ts";
import { TRANSACTION_TIMEOUT_MS, World } from "./eos/world.ts";

/** Of the command line, where it does not say otherwise. */
const FAULTS = 15;
const FAULTS_PER_LOOK = 10;
const CALM_MS_MIN = 500;
const CALM_MS_SPAN = 2_500;
const PAUSE_MS_SPAN = 3_000;
const ZOMBIE_MS_SPAN = 3_000;
const FINDINGS_SHOWN = 50;

const RUNNEL = join(import.meta.dirname, "..", "..", "apps", "runnel", "src", "main.mjs");

export interface EosOptions {
  readonly faults: number;
  readonly seed: number;
  readonly kinds?: readonly ProcessorKind[];
  tell(line: string): void;
}

export interface EosResult extends Counts {
  readonly findings: readonly string[];
}

type Fault = "broker kill" | "broker pause" | "kill" | "pause" | "overdue" | "replace";
/** How often each is drawn, of 20. */
const FAULT_SHARES: readonly (readonly [Fault, number])[] = [
  ["broker kill", 6],
  ["broker pause", 3],
  ["kill", 5],
  ["pause", 2],
  ["overdue", 2],
  ["replace", 2],
];

/** Runs all faults and the checks. */
export async function runEos({
  faults,
  seed,
  kinds = allKinds,
  tell,
}: EosOptions): Promise<EosResult> {
  const random = seededRandom(seed);
  const folder = mkdtempSync(`${tmpdir()}/runnel-eos-`);
  const world = await World.start({ script: RUNNEL, dataDir: folder, kinds });
  const findings: string[] = [];
  try {
    const long: Promise<void>[] = [];
    for (let done = 0; done < faults && findings.length === 0; ) {
      await sleep(CALM_MS_MIN + random.below(CALM_MS_SPAN));
      long.push((await strike(world, random, tell)).over);
      done += 1;
      if (done % FAULTS_PER_LOOK === 0 || done === faults) {
        findings.push(...(await world.look()));
        tell(
          `${done} of ${faults} faults, ${summaryOf(world.counts)}, ${findings.length} findings`,
        );
      }
    }
    await Promise.all(long);
    findings.push(...(await world.finish()));
    for (const slot of world.slots) for (const line of slot.failures) tell(line);
    if (findings.length > 0) {
      tell(world.brokerOutput);
      for (const slot of world.slots) tell(slot.printed);
    }
    return { findings: [...new Set(findings)], ...world.counts };
  } finally {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One fault; what takes longer than it is to be waited for goes on until `over`. */
async function strike(
  world: World,
  random: Random,
  tell: (line: string) => void,
): Promise<{ readonly over: Promise<void> }> {
  const drawn = drawFault(random);
  const slot = world.slots[random.below(world.slots.length)] as Slot;
  const pauseMs = 200 + random.below(PAUSE_MS_SPAN);
  const overdueMs = TRANSACTION_TIMEOUT_MS + 1_000 + random.below(ZOMBIE_MS_SPAN);
  // While one is paused for long, its turn is the broker's.
  const fault = slot.isPaused ? "broker kill" : drawn;
  tell(fault.startsWith("broker") ? fault : `${fault} ${slot.name}`);
  switch (fault) {
    case "broker kill":
      await world.killBroker();
      break;
    case "broker pause":
      await world.pauseBroker(pauseMs);
      break;
    case "kill":
      slot.kill();
      break;
    case "pause":
      await slot.pause(pauseMs);
      break;
    case "overdue":
      return { over: slot.pause(overdueMs) };
    case "replace":
      return { over: slot.replace(overdueMs) };
  }
  return { over: Promise.resolve() };
}

function drawFault(random: Random): Fault {
  const total = FAULT_SHARES.reduce((sum, [, share]) => sum + share, 0);
  let left = random.below(total);
  for (const [fault, share] of FAULT_SHARES) {
    if (left < share) return fault;
    left -= share;
  }
  return "broker kill";
}

const summaryOf = ({ committed, aborted, fenced, failed, zombies }: Counts): string =>
  `${committed} transactions committed, ${aborted} aborted, ` +
  `${zombies} zombies beside a successor, ${fenced} processors fenced, ${failed} failed`;

async function main(): Promise<void> {
  const flags = {
    faults: { value: "N", text: `how many (default: ${FAULTS})` },
    seed: { value: "S", text: "repeats the choices of an earlier run (default: a new seed)" },
    clients: { value: "A,B", text: `which of ${allKinds.map(({ name }) => name).join(",")}` },
  };
  const about =
    "Kills and pauses a broker and transactional processors, and looks for transfers that were\n" +
    "made twice, by halves or not at all.";
  await runTool({ command: "npm run chaos:eos --", about, flags }, async (given) => {
    const faults = wholeNumber(given.faults, "faults", { min: 0, missing: FAULTS });
    const seed = wholeNumber(given.seed, "seed", { min: 0, missing: Date.now() % 1_000_000 });
    const kinds = kindsOf(given.clients);
    process.stdout.write(`SEED=${seed}\n`);
    const tell = (line: string): void => void process.stdout.write(`${line}\n`);
    const result = await runEos({ faults, seed, kinds, tell });
    for (const finding of result.findings.slice(0, FINDINGS_SHOWN)) tell(finding);
    const count = result.findings.length;
    tell(`${faults} faults, ${summaryOf(result)}: ${count === 0 ? "no" : count} findings`);
    if (count === 0) return;
    const clients = kinds.map(({ name }) => name).join(",");
    tell(`reproduce: npm run chaos:eos -- --faults ${faults} --seed ${seed} --clients ${clients}`);
    process.exitCode = 1;
  });
}

function kindsOf(names: string | undefined): readonly ProcessorKind[] {
  if (names === undefined) return allKinds;
  return names.split(",").map((name) => {
    const kind = allKinds.find((one) => one.name === name);
    if (kind === undefined) throw new ToolUsageError(`--clients: there is no client "${name}"`);
    return kind;
  });
}

if (import.meta.main) await main();
