/** `runnel consume` while its broker is away, and while its topic grows. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Child } from "../harness/child.ts";
import { type Server, startRunnel } from "../harness/server.ts";
import { waitFor } from "../harness/wait.ts";
import { Cli } from "./command.ts";

/** Longer than any single call to a broker is tried again. */
const AWAY_MS = 5_000;

let folder: string;
let server: Server;
let cli: Cli;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-outage-"));
  server = await startRunnel({ dataDir: folder });
  cli = new Cli(server.kafka);
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

interface Reader {
  readonly child: Child;
  readonly lines: readonly string[];
}

function follow(topic: string, ...more: readonly string[]): Reader {
  const lines: string[] = [];
  const args = ["consume", topic, "--from", "beginning", ...more];
  const child = cli.start(args, (line) => lines.push(line));
  return { child, lines };
}

async function untilRead({ child, lines }: Reader, expected: readonly string[]): Promise<void> {
  await waitFor(`${expected.join(", ")} is read`, () => {
    if (child.hasExited) throw new Error(`runnel consume ended:\n${child.output}`);
    return lines.length >= expected.length;
  });
  expect(lines).toEqual(expected);
}

it.each([
  ["without a group", []],
  ["as a group", ["--group", "readers"]],
])("waits for a broker that is away, %s", async (_, flags) => {
  await cli.text(["topic", "create", "orders"]);
  await cli.text(["produce", "orders"], "before\n");
  const reader = follow("orders", ...flags);
  await untilRead(reader, ["before"]);

  await server.stop("SIGKILL");
  await waitFor("the reader says that it waits", () => reader.child.output.includes("Waiting: "));
  await delay(AWAY_MS);
  server = await startRunnel({ dataDir: folder, args: ["--kafka", server.kafka] });

  await cli.text(["produce", "orders"], "after\n");
  await untilRead(reader, ["before", "after"]);
  expect(reader.child.output.match(/^Waiting: cannot reach a Kafka broker/gm)).toHaveLength(1);
  expect(await reader.child.stop("SIGINT")).toMatchObject({ code: 0 });
  if (flags.length === 0) return;
  expect(await cli.json(["group", "describe", "readers"])).toMatchObject([{ lag: 0, members: [] }]);
});

it("reads partitions that are added meanwhile, from their first record on", async () => {
  await cli.text(["topic", "create", "orders"]);
  await cli.text(["produce", "orders"], "before\n");
  const reader = follow("orders");
  await untilRead(reader, ["before"]);
  await cli.text(["topic", "alter", "orders", "--partitions", "3"]);
  await cli.text(["produce", "orders", "--partition", "2"], "after\n");
  await untilRead(reader, ["before", "after"]);
  expect(reader.child.output).toMatch(/^Partitions were added: reading 1, 2 too\.$/m);
  expect(await reader.child.stop("SIGINT")).toMatchObject({ code: 0 });
});
