/** How the tools of this repository take what is typed. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../harness/child.ts";

const root = join(import.meta.dirname, "../..");
const TOOLS = ["chaos:kill", "chaos:power", "bench"] as const;
const NUMBER = { "chaos:kill": "--runs", "chaos:power": "--runs", bench: "--rounds" } as const;

function start(tool: string, ...args: readonly string[]): ReturnType<typeof run> {
  const command = ["npm", "run", "-s", tool, "--", ...args] as const;
  return run({ name: tool, command, cwd: root, mayFail: true });
}

it.each(TOOLS)("npm run %s explains itself", async (tool) => {
  const { code, stdout } = await start(tool, "--help");
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^Usage: npm run ${tool} -- \\[flags\\]$`, "m"));
});

it.each(TOOLS)("npm run %s refuses what it does not understand", async (tool) => {
  for (const args of [[NUMBER[tool], "abc"], [NUMBER[tool], "0"], ["--nonsense"], ["word"]]) {
    const { code, stdout, output } = await start(tool, ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(output).toMatch(/^Usage: npm run /m);
    expect(output).not.toMatch(/^\s+at /m);
  }
});
