/**
 * `npm run chaos:power -- --runs N [--seed S]`: kills the broker under load and cuts every file to what
 * had been synced, as a power cut does; then starts it again and compares.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@runnel/kit/seeded-random.ts";
import { freePort, startBroker } from "./broker-process.ts";
import { type ChaosResult, type KillOptions, mainOf } from "./kill.ts";
import { cutPower } from "./power-cut.ts";
import { check, createTopic, numberedProducers } from "./workload.ts";

const PRODUCERS = 4;
const PARTITIONS = 2;
const ALIVE_MS_MIN = 300;
const ALIVE_MS_SPAN = 1500;

const BROKER = fileURLToPath(new URL("./power-broker.ts", import.meta.url));

/** Runs all power cuts, each on a folder of its own; `isSyncing` false takes the syncs out. */
export async function runPowerCuts(
  { runs, seed, tell }: KillOptions,
  isSyncing = true,
): Promise<ChaosResult> {
  const random = seededRandom(seed);
  const findings: string[] = [];
  let acknowledged = 0;
  for (let done = 0; done < runs; done += 1) {
    const folder = mkdtempSync(`${tmpdir()}/runnel-power-`);
    const ledger = `${folder}/ledger`;
    const port = await freePort();
    const env = { CHAOS_LEDGER: ledger, CHAOS_SYNC: isSyncing ? "1" : "0" };
    const args = ["--data-dir", `${folder}/data`, "--kafka", `127.0.0.1:${port}`];
    const start = () => startBroker(BROKER, args, port, env);
    let broker = await start();
    try {
      const topic = "cuts";
      await createTopic(port, topic, PARTITIONS, { "segment.bytes": "1048576" });
      const producers = numberedProducers(random, {
        count: PRODUCERS,
        partitions: PARTITIONS,
        topic,
        port: () => port,
      });
      const running = producers.map(({ producer }) => producer.run());
      await sleep(ALIVE_MS_MIN + random.below(ALIVE_MS_SPAN));
      await broker.kill("SIGKILL");
      const { cut, removed } = cutPower({ ledger, dataDir: `${folder}/data` }, random);
      broker = await start();
      for (const { producer } of producers) producer.stop();
      await Promise.all(running);
      findings.push(...(await check(port, topic, producers)));
      acknowledged += producers.reduce((sum, one) => sum + one.producer.offsets.size, 0);
      tell(
        `${done + 1} of ${runs} power cuts (${cut} files cut, ${removed} gone), ` +
          `${acknowledged} records acknowledged, ${findings.length} findings`,
      );
      if (findings.length > 0 && isSyncing) tell(broker.output());
    } finally {
      await broker.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return { findings, acknowledged };
}

if (import.meta.main) {
  const about =
    "Cuts the power of a broker under load, and looks for acknowledged records that are lost.";
  await mainOf("chaos:power", about, runPowerCuts);
}
