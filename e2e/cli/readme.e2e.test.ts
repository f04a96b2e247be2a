/** The walk-through of README.md, as it stands there, from top to bottom on a fresh broker. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../harness/child.ts";
import { type Server, startServer } from "../harness/server.ts";

const root = join(import.meta.dirname, "../..");
const SECTION = "## Produce and consume";
const BLOCK = /^```(\w*)\n([\s\S]*?)^```$/gm;
/** The addresses that README.md speaks of. */
const ADDRESS = "127.0.0.1:9092";
const ADMIN_ADDRESS = "127.0.0.1:9644";

let server: Server;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** The blocks of code in the section, with the address of our broker in them. */
async function blocks(): Promise<readonly { readonly language: string; readonly code: string }[]> {
  const text = await readFile(join(root, "README.md"), "utf8");
  const section = text.slice(text.indexOf(SECTION) + SECTION.length).split("\n## ")[0] ?? "";
  return [...section.matchAll(BLOCK)].map(([, language = "", code = ""]) => {
    const ours = code.replaceAll(ADDRESS, server.kafka);
    return { language, code: ours.replaceAll(ADMIN_ADDRESS, server.admin ?? "") };
  });
}

it("works as it is written", async () => {
  const found = await blocks();
  expect(found.map(({ language }) => language)).toEqual(["", "", "ts", ""]);
  const outputs: string[] = [];
  for (const { language, code } of found) {
    const { stdout } = await run({
      name: "README.md",
      command:
        language === "ts"
          ? [process.execPath, "--input-type=module-typescript", "--eval", code]
          : ["bash", "-e", "-o", "pipefail", "-c", code],
      cwd: root,
      env: { RUNNEL_BOOTSTRAP: server.kafka },
    });
    outputs.push(stdout);
  }
  const [runnel = "", kcat = "", , topics = ""] = outputs;
  expect(JSON.parse(topics)).toMatchObject({ items: [{ name: "orders", eventCount: 3 }] });
  expect(runnel).toBe('Topic "orders" created with 3 partitions and 1 replica.\n{"total": 42}');
  expect(kcat.split("\n").sort()).toEqual([
    expect.stringMatching(/^order-17 \{"total": 42\} at offset \d$/),
    expect.stringMatching(/^order-18 \{"total": 43\} at offset \d$/),
  ]);
});
