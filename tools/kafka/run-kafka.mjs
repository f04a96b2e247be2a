#!/usr/bin/env node
/**
 * Runs one Apache Kafka broker (KRaft, combined mode) from a folder of jars, as the oracle that the client suites are
 * checked against and as the rival of the benchmark.
 *
 *   node tools/kafka/run-kafka.mjs --data-dir DIR [--kafka 127.0.0.1:0] [--version V] [--set name=value]...
 *
 * Prints `kafka HOST:PORT, pid PID` once the broker answers Metadata with itself in the list. SIGTERM or SIGINT stops it; so
 * does the end of standard input where `--until-stdin-ends` is given, which keeps it from outliving a killed test run.
 * `KAFKA_HOME` is used where set; otherwise `get-kafka.mjs` provides one. An existing data folder is opened again.
 */
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DEFAULT_VERSION, getKafka } from "./get-kafka.mjs";

const READY_WITHIN_MS = 90_000;
const KILLED_AFTER_MS = 20_000;

const { values: options } = parseArgs({
  options: {
    "data-dir": { type: "string" },
    kafka: { type: "string", default: "127.0.0.1:0" },
    version: { type: "string", default: DEFAULT_VERSION },
    set: { type: "string", multiple: true, default: [] },
    heap: { type: "string", default: "512m" },
    "until-stdin-ends": { type: "boolean", default: false },
  },
});

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function main() {
  if (!options["data-dir"]) {
    throw new Error(
      "usage: run-kafka.mjs --data-dir DIR [--kafka HOST:PORT] [--version V] [--set name=value]...",
    );
  }
  const home = process.env.KAFKA_HOME || getKafka(options.version);
  const dataDir = resolve(options["data-dir"]);
  mkdirSync(dataDir, { recursive: true });
  const { host, port: wanted } = splitAddress(options.kafka);
  const port = wanted === 0 ? await freePort(host) : wanted;
  const controllerPort = await freePort(host);

  const properties = join(dataDir, "server.properties");
  writeFileSync(properties, serverProperties({ dataDir, host, port, controllerPort }));
  const java = ["-cp", join(home, "libs", "*"), "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"];
  if (!existsSync(join(dataDir, "log", "meta.properties"))) {
    format(java, properties);
  }

  const broker = spawn(
    "java",
    [`-Xmx${options.heap}`, "-Xms128m", ...java, "kafka.Kafka", properties],
    {
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  const ended = new Promise((settle) => {
    broker.on("exit", (code, signal) => settle({ code, signal }));
    broker.on("error", (error) => settle({ error }));
  });
  const stop = stopper(broker, ended);
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("exit", () => broker.kill("SIGKILL"));
  if (options["until-stdin-ends"]) {
    process.stdin.on("end", stop).on("error", stop).resume();
  }

  const ready = await Promise.race([ended.then(() => false), waitUntilReady(host, port)]).catch(
    (error) => {
      broker.kill("SIGKILL");
      throw error;
    },
  );
  if (ready) {
    process.stdout.write(`kafka ${host}:${port}, pid ${broker.pid}\n`);
  }
  const { code, error } = await ended;
  process.stdin.destroy();
  if (error) {
    throw new Error(`cannot run java (${error.message})`);
  }
  process.exitCode = stop.called ? 0 : (code ?? 1) || 1;
}

/** Asks once for a clean stop, and kills what has not stopped in time. */
function stopper(broker, ended) {
  const stop = () => {
    if (stop.called) {
      return;
    }
    stop.called = true;
    broker.kill("SIGTERM");
    const timer = setTimeout(() => broker.kill("SIGKILL"), KILLED_AFTER_MS);
    ended.then(() => clearTimeout(timer));
  };
  stop.called = false;
  return stop;
}

function format(java, properties) {
  const clusterId = randomBytes(16).toString("base64url");
  const run = spawnSync(
    "java",
    [
      "-Xmx128m",
      ...java,
      "kafka.tools.StorageTool",
      "format",
      "--cluster-id",
      clusterId,
      "--config",
      properties,
    ],
    { encoding: "utf8" },
  );
  if (run.error || run.status !== 0) {
    throw new Error(
      `formatting the storage failed: ${run.error?.message ?? run.stderr + run.stdout}`,
    );
  }
}

/** Internal topics are small and groups start without delay, because that is what a test waits for. */
function serverProperties({ dataDir, host, port, controllerPort }) {
  return `${[
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@${host}:${controllerPort}`,
    `listeners=PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://${host}:${port}`,
    "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names=CONTROLLER",
    `log.dirs=${join(dataDir, "log")}`,
    "offsets.topic.replication.factor=1",
    "offsets.topic.num.partitions=4",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "transaction.state.log.num.partitions=4",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "share.coordinator.state.topic.num.partitions=1",
    "group.initial.rebalance.delay.ms=0",
    ...options.set,
  ].join("\n")}\n`;
}

async function waitUntilReady(host, port) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if ((await countBrokers(host, port)) > 0) {
      return true;
    }
    await delay(100);
  }
  throw new Error(`Apache Kafka did not answer on ${host}:${port} within ${READY_WITHIN_MS} ms`);
}

/** Sends Metadata v1 for no topics; 0 where nobody answers yet. */
function countBrokers(host, port) {
  // int32 size, int16 api key 3, int16 version 1, int32 correlation id, int16 length of the client id, int32 topic count
  const request = Buffer.from(
    "0000000e" + "0003" + "0001" + "00000001" + "ffff" + "00000000",
    "hex",
  );
  return new Promise((settle) => {
    const socket = createConnection({ host, port });
    let received = Buffer.alloc(0);
    const finish = (count) => {
      socket.destroy();
      settle(count);
    };
    socket.setTimeout(2_000, () => finish(0));
    socket.on("error", () => finish(0)).on("end", () => finish(0));
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 12) {
        finish(received.readInt32BE(8));
      }
    });
  });
}

function splitAddress(address) {
  const colon = address.lastIndexOf(":");
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}

function freePort(host) {
  return new Promise((settle, fail) => {
    const server = createServer().on("error", fail);
    server.listen(0, host, () => {
      const { port } = server.address();
      server.close(() => settle(port));
    });
  });
}
