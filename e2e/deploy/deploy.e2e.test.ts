import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { expect, test } from "vitest";
import { startServer } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";

const DEPLOY = join(import.meta.dirname, "..", "..", "deploy");
const read = (path: string): string => readFileSync(join(DEPLOY, path), "utf8");

/** What Prometheus adds to what it scrapes. */
const NOT_OURS = new Set(["up"]);
/** Suffixes under which the parts of a histogram are stored. */
const PARTS = /_(bucket|sum|count)$/;

/** Names of metrics in a PromQL expression: what is no function, label, or text in quotes. */
function metricsIn(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, "")
    .replaceAll(/\{[^}]*\}/g, "")
    .replaceAll(/\b(by|without)\s*\([^)]*\)/g, "")
    .replaceAll(/\[[^\]]*\]/g, "");
  return [...bare.matchAll(/\b([a-z][a-z0-9_]+)\b(?!\s*\()/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !/^(by|and|or|unless|on|le)$/.test(name) && !NOT_OURS.has(name));
}

function expressionsOf(dashboard: string): string[] {
  return [...dashboard.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(
    ([, text = '""']) => JSON.parse(text) as string,
  );
}

test("every metric of the dashboard, the alerts and the docs exists on a running broker", async () => {
  await using server = await startServer();
  const kafka = new Kafka({ brokers: [server.kafka], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: "deploy", messages: [{ value: "one" }] });
  await producer.disconnect();
  const admin = kafka.admin();
  await admin.connect();
  const partitions = [{ partition: 0, offset: "0" }];
  await admin.setOffsets({ groupId: "readers", topic: "deploy", partitions });
  await admin.disconnect();
  const dashboard = expressionsOf(read("grafana/runnel.json"));
  const alerts = [...read("prometheus/alerts.yaml").matchAll(/expr: (.+)/g)].map(([, e = ""]) => e);
  const docs = [
    ...read("../docs/observing.md").matchAll(/`((runnel|process|nodejs)_[a-z0-9_]+)`/g),
  ];
  expect([dashboard.length, alerts.length, docs.length].every((count) => count > 5)).toBe(true);
  const named = docs.map(([, name = ""]) => name);
  const wanted = new Set([...[...dashboard, ...alerts].flatMap(metricsIn), ...named]);
  let missing: string[] = [...wanted];
  await waitFor("all metrics are there", async () => {
    const text = await (await fetch(`http://${server.admin}/metrics`)).text();
    const served = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const isServed = (name: string): boolean =>
      served.has(name) || served.has(name.replace(PARTS, ""));
    missing = missing.filter((name) => !isServed(name));
    return missing.length === 0;
  }).catch(() => {});
  expect(missing).toEqual([]);
});

test("systemd finds nothing wrong in the unit but the command that is not installed here", async (context) => {
  const verify = promisify(execFile)("systemd-analyze", [
    "verify",
    join(DEPLOY, "systemd", "runnel.service"),
  ]);
  const { stderr } = await verify.catch((error: { code?: unknown; stderr?: string }) => {
    if (error.code === "ENOENT") context.skip("systemd-analyze is not on this machine");
    return { stderr: error.stderr ?? "" };
  });
  const lines = stderr.split("\n").filter((line) => line.includes("runnel"));
  expect(lines.filter((line) => !line.includes("/usr/local/bin/runnel is not executable"))).toEqual(
    [],
  );
});
