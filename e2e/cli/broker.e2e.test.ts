/** `runnel broker` as a script sees it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Child } from "../harness/child.ts";
import { within } from "../harness/wait.ts";
import { Cli, MAIN } from "./command.ts";

const READY_WITHIN_MS = 60_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-broker-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function argsOf(name: string, ...more: readonly string[]): readonly string[] {
  const places = ["--data-dir", join(folder, name), "--kafka", "127.0.0.1:0"];
  return ["broker", "--json", ...places, "--admin", "off", ...more];
}

describe("runnel broker --json", () => {
  it("says that it is ready, and why it failed, in one object each", async () => {
    const first = Promise.withResolvers<string>();
    await using child = new Child({
      name: "runnel broker",
      command: [process.execPath, MAIN, ...argsOf("one")],
      onLine: (line) => first.resolve(line),
    });
    const line = await within("it is ready", READY_WITHIN_MS, first.promise);
    const address = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(JSON.parse(line)).toEqual({ event: "ready", kafka: address, admin: null });

    const { kafka } = JSON.parse(line) as { readonly kafka: string };
    const taken = await new Cli("").run(argsOf("two", "--kafka", kafka));
    expect(taken.code).toBe(1);
    expect(JSON.parse(taken.stdout.toString())).toEqual({
      event: "failed",
      error: expect.stringContaining(`cannot listen on ${kafka}`),
    });
    expect(await child.stop()).toMatchObject({ code: 0 });
  });

  it("says so of a setting that cannot be, and ends with 2", async () => {
    const { code, stdout, stderr } = await new Cli("").run(argsOf("one", "--set", "no.such=1"));
    expect(code).toBe(2);
    expect(JSON.parse(stdout.toString())).toEqual({
      event: "failed",
      error: expect.stringMatching(/no setting is called/),
    });
    expect(stderr).toMatch(/^runnel: .*no setting is called.*\n$/);
  });
});
