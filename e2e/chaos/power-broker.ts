/** A broker on a disk that keeps the ledger of what is durable; run by `power.ts` as a process. */

import { parseArgs } from "node:util";
import { loadConfig } from "@runnel/broker/config/load.ts";
import { runBroker } from "@runnel/broker/main.ts";
import { ledgerDisk } from "./ledger-disk.ts";

const { values } = parseArgs({
  options: { "data-dir": { type: "string" }, kafka: { type: "string" } },
});
const flags = new Map([
  ["log.dirs", values["data-dir"] ?? ""],
  ["listeners", `PLAINTEXT://${values.kafka ?? ""}`],
  ["runnel.admin.listener", "off"],
]);
const ledger = process.env["CHAOS_LEDGER"] ?? "";
const isSyncing = process.env["CHAOS_SYNC"] !== "0";
process.exitCode = await runBroker({
  loaded: loadConfig({ file: null, env: {}, flags, isInsecure: false }),
  adaptWorld: (world) => ({ ...world, disk: ledgerDisk(world.disk, ledger, isSyncing) }),
  print: (line) => process.stdout.write(`${line}\n`),
});
