/** The command `runnel` as a user runs it: arguments and bytes in; bytes, remarks and exit code out. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Child } from "../harness/child.ts";

export const MAIN = join(import.meta.dirname, "../../apps/runnel/src/main.mjs");
const ENDS_WITHIN_MS = 60_000;

export interface Result {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export class Cli {
  readonly #bootstrap: string;

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
  }

  /** Runs to the end, whatever the exit code. */
  run(args: readonly string[], input: string | Uint8Array = ""): Promise<Result> {
    return runToEnd([process.execPath, MAIN, ...args], input, this.#env);
  }

  /** Standard output as text, of a run that must succeed. */
  async text(args: readonly string[], input: string | Uint8Array = ""): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, input);
    if (code !== 0) throw new Error(`runnel ${args.join(" ")} ended with ${code}:\n${stderr}`);
    return stdout.toString();
  }

  /** The one JSON document that a run with `--json` prints. */
  async json(args: readonly string[], input: string | Uint8Array = ""): Promise<unknown> {
    return JSON.parse(await this.text([...args, "--json"], input));
  }

  /** Lines of JSON. */
  async lines(args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const text = await this.text([...args, "--json"]);
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }

  /** Runs a line of shell in which `$runnel` stands for the command. */
  shell(line: string): Promise<Result> {
    const env = { ...this.#env, runnel: `${process.execPath} ${MAIN}` };
    return runToEnd(["bash", "-c", line], "", env);
  }

  start(args: readonly string[], onLine: (line: string) => void): Child {
    const command = [process.execPath, MAIN, ...args] as const;
    return new Child({ name: "runnel", command, env: this.#env, onLine });
  }

  get #env(): Readonly<Record<string, string>> {
    return { RUNNEL_BOOTSTRAP: this.#bootstrap };
  }
}

async function runToEnd(
  [program, ...args]: readonly [string, ...string[]],
  input: string | Uint8Array,
  env: Readonly<Record<string, string>>,
): Promise<Result> {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    timeout: ENDS_WITHIN_MS,
    killSignal: "SIGKILL",
  });
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A command that refuses its arguments does not read its input.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((settle) => child.once("close", settle));
  return { code, stdout: Buffer.concat(stdout), stderr };
}
