/** The packages on the oldest versions of Node that they say they run on, as npm has them. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Child } from "../harness/child.ts";
import { parseAddresses } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { Installation, packTarballs } from "./installation.ts";

const ROUND_TRIP = `
import { startBroker } from "@runnel/testing";
import kafkajs from "kafkajs";

for (const options of [{}, { folder: process.argv[2] }]) {
  const broker = await startBroker(options);
  const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: 0 });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ value: "one" }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: "readers" });
  await consumer.connect();
  await consumer.subscribe({ topic: "orders", fromBeginning: true });
  const value = await new Promise((resolve, reject) => {
    const eachMessage = async ({ message }) => resolve(String(message.value));
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  await broker.stop();
  console.log(value);
}
`;

/** `^22.15.0 || >=24.0.0` → 22.15.0, 24.0.0. */
async function oldestNodes(user: Installation, name: string): Promise<string[]> {
  const text = await readFile(user.path(`node_modules/${name}/package.json`), "utf8");
  const { engines } = JSON.parse(text) as { readonly engines: { readonly node: string } };
  return engines.node.split(" || ").map((range) => range.replace(/^\D+/, ""));
}

/** The program of another version of Node, which npm has as a package for each platform. */
async function nodeAt(user: Installation, version: string): Promise<string> {
  const platform = process.platform === "win32" ? "win" : process.platform;
  const folder = user.path(`nodes/${version}`);
  const name = `node-${platform}-${process.arch}`;
  const args = ["install", "--no-audit", "--no-fund", "--prefix", folder, `${name}@${version}`];
  await user.run("npm", args, { withinMs: 120_000 });
  return `${folder}/node_modules/${name}/bin/node`;
}

test("the packages run on the oldest Nodes that they name", async () => {
  await using tarballs = await packTarballs();
  await using user = await Installation.make(tarballs.paths, ["kafkajs"]);
  await user.write("round-trip.mjs", ROUND_TRIP);
  for (const version of await oldestNodes(user, "@runnel/testing")) {
    const node = await nodeAt(user, version);
    const { stdout } = await user.run(node, ["round-trip.mjs", user.path(`folder-${version}`)]);
    expect([version, stdout]).toEqual([version, "one\none"]);
  }
  for (const version of await oldestNodes(user, "runnel")) {
    const node = await nodeAt(user, version);
    const flags = ["--kafka", "--admin", "--console"].flatMap((flag) => [flag, "127.0.0.1:0"]);
    flags.push("--data-dir", user.path(`data-${version}`));
    await using server = new Child({
      name: `runnel on Node ${version}`,
      command: [node, "node_modules/runnel/lib/launch.js", "up", ...flags],
      cwd: user.folder,
    });
    const { kafka } = await waitFor("the broker is ready", () =>
      parseAddresses("runnel", server.output),
    );
    const console = await waitFor("the console is ready", () => {
      return /console is ready: (http:\S+)/.exec(server.output)?.[1] ?? null;
    });
    const page = await fetch(`${console}/c/local/topics`);
    expect({ version, status: page.status }).toEqual({ version, status: 200 });
    const create = ["node_modules/runnel/lib/launch.js", "topic", "create", "orders"];
    await user.run(node, [...create, "--bootstrap", kafka]);
    expect({ version, ...(await server.stop()) }).toEqual({ version, code: 0, signal: null });
  }
});
