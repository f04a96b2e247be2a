/** The scripts of `runnel completion` in the shells themselves; zsh and fish where they are installed. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../harness/child.ts";
import { Cli } from "./command.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
const INSTALLED = new Set(SHELLS.filter((shell) => !spawnSync(shell, ["-c", ":"]).error));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnel-completion-"));
  const cli = new Cli("");
  for (const shell of SHELLS) await writeFile(script(shell), await cli.text(["completion", shell]));
  await writeFile(join(folder, "two words.yaml"), "");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function script(shell: (typeof SHELLS)[number]): string {
  return join(folder, `runnel.${shell}`);
}

/** Sets the words as bash cuts them, the last one being the one to complete, and asks. */
const ASK_BASH = `
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
"$(complete -p runnel | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
printf '%s\\n' "\${COMPREPLY[@]}"`;

async function completeInBash(...words: readonly string[]): Promise<readonly string[]> {
  const command = ["bash", "-c", ASK_BASH, "bash", script("bash"), "runnel", ...words] as const;
  const { stdout } = await run({ name: "bash", command, cwd: folder });
  return stdout.split("\n").filter(Boolean);
}

describe("runnel completion", () => {
  for (const shell of SHELLS) {
    it.runIf(INSTALLED.has(shell))(`prints what ${shell} can read`, async () => {
      const { output } = await run({ name: shell, command: [shell, "-n", script(shell)] });
      expect(output).toBe("");
    });
  }

  it.each<[string, readonly string[], readonly string[]]>([
    ["a command", ["co"], ["console", "consume", "completion"]],
    ["a command below another", ["topic", "records", ""], ["delete", "help"]],
    ["a topic of the help", ["help", "p"], ["produce"]],
    ["a flag", ["topic", "create", "orders", "--if"], ["--if-not-exists"]],
    ["a flag of a group of commands", ["topic", "-"], ["-h", "--help"]],
    ["a fixed value", ["produce", "orders", "--acks", ""], ["0", "1", "all"]],
    ["a fixed value of a short flag", ["produce", "orders", "-z", "z"], ["zstd"]],
    ["a fixed value behind =", ["produce", "orders", "--acks", "="], ["0", "1", "all"]],
    ["the start of one behind =", ["produce", "orders", "--acks", "=", "a"], ["all"]],
    ["off, where an address may stand too", ["up", "--admin", ""], ["off"]],
    ["a place with a name", ["consume", "orders", "--from", "b"], ["beginning"]],
    ["a file", ["broker", "--config", "two"], ["two words.yaml"]],
    ["no file for a topic", ["topic", "describe", "two"], []],
    ["nothing for a value that it cannot know", ["consume", "orders", "--group", ""], []],
    ["nothing for a setting", ["topic", "create", "t", "-c", "retention.ms", "=", ""], []],
    ["no word of a command for an operand", ["topic", "create", "records", "del"], []],
  ])("completes in bash: %s", async (_title, words, expected) => {
    expect(await completeInBash(...words)).toEqual(expected);
  });
});
