import { afterEach, describe, expect, it, vi } from "vitest";
import { ExitCode } from "./cli/failure.ts";
import { runProgram } from "./program.ts";

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: readonly string[]): Promise<Said> {
  let stdout = "";
  let stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  const code = await runProgram(["node", "runnel", ...args]);
  vi.restoreAllMocks();
  return { code, stdout, stderr };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("bad usage", () => {
  it.each([
    ["no-such-command", "unknown command"],
    ["topic creat", "Did you mean create?"],
    ["topic list --no-such-flag", "unknown option"],
    ["topic create", "missing required argument"],
    ["topic list --bootstrap a:b:c", "HOST:PORT"],
    ["topic create t --partitions 0", "from 1 to"],
    ["topic alter t", "nothing to change"],
    ["group reset g", "--to"],
    ["consume t --from yesterday", "beginning, end"],
    ["consume t --max 0", "1 or more"],
    ["consume t --group g --partition 0", "exclude each other"],
    ["consume t --group g --from 5", "runnel group reset g"],
    ["consume t --group g --to 5", "can only be end"],
    ["produce t --acks 2", "none of 0, 1, all"],
    ["produce t --compression rar", "none of none, gzip"],
    ["produce t --json --key-separator :", "exclude each other"],
    ["broker --brokers 3", "replication, which is not built yet"],
    ["broker --metadata etcd://127.0.0.1:2379", "not built yet"],
    ["broker --kafka 0.0.0.0:0", "--insecure"],
    ["broker --set no.such=1", "no setting is called"],
    ["broker --config /no/such/file", "cannot read"],
    ["up --console 0.0.0.0:3000", "reachable from other machines"],
    ["up --console nowhere", "is not HOST:PORT"],
    ["up --console 127.0.0.1:0 --admin off", "needs the admin API"],
    ["console --console 0.0.0.0:3000", "reachable from other machines"],
    ["up --connect 127.0.0.1:8083", "not built yet"],
    ["up --brokers 2", "not built yet"],
  ])("%s ends with 2 and one sentence that says why", async (line, words) => {
    const { code, stdout, stderr } = await run(...line.split(" "));
    expect(code).toBe(ExitCode.USAGE);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^runnel: [^\n]+\n$/);
    expect(stderr).toContain(words);
  });
});

describe("help", () => {
  it.each(["up", "broker", "topic create", "topic records delete", "produce", "consume"])(
    "of %s has an example",
    async (command) => {
      const { code, stdout } = await run(...command.split(" "), "--help");
      expect(code).toBe(ExitCode.OK);
      expect(stdout).toMatch(/Examples?:\n {2}\$ runnel|Examples?:\n {2}\$ echo/);
    },
  );

  it.each([
    ["bash", "bash-completion/completions/runnel"],
    ["zsh", "~/.zshrc"],
    ["fish", "~/.config/fish/completions/runnel.fish"],
  ])("of completion %s says how to install it", async (shell, words) => {
    expect((await run("completion", shell, "--help")).stdout).toContain(words);
  });

  it("lists what there is, and nothing that comes later", async () => {
    const { stdout } = await run("--help");
    for (const command of [
      "up",
      "broker",
      "topic",
      "produce",
      "consume",
      "group",
      "cluster",
      "completion",
    ]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    }
    expect(stdout).not.toMatch(/connector|demo|reassign|drain/);
    expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
