/** A foreign program as a resource: what it prints is kept, and it is gone when its scope ends. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { within } from "./wait.ts";

const OUTPUT_CHARS_MAX = 200_000;
const STOP_WITHIN_MS = 15_000;

export interface ChildOptions {
  /** Shown in errors. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called for every line of standard output, without its end. */
  readonly onLine?: (line: string) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcessWithoutNullStreams>();
// A worker that is torn down without disposing must not leave servers behind.
process.on("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

export class Child implements AsyncDisposable {
  readonly name: string;
  /** Settles when the program has ended and all of its output was read. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcessWithoutNullStreams;
  #output = "";
  #hasExited = false;

  constructor({ name, command, cwd, env, onLine }: ChildOptions) {
    this.name = name;
    const [program, ...args] = command;
    this.#process = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    running.add(this.#process);
    this.exited = new Promise((settle) => {
      this.#process.once("error", (error) => {
        this.#keep(`cannot run ${program}: ${error.message}\n`);
        this.#hasExited = true;
        running.delete(this.#process);
        settle({ code: null, signal: null });
      });
      this.#process.once("close", (code, signal) => {
        this.#hasExited = true;
        running.delete(this.#process);
        settle({ code, signal });
      });
    });
    this.#process.stdin.on("error", () => {
      // The program ended without reading; its exit says so.
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      this.#keep(`${line.length > 2_000 ? `${line.slice(0, 2_000)}…` : line}\n`);
      onLine?.(line);
    });
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) {
      throw new Error(`${this.name} did not start: ${this.output}`);
    }
    return pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** The last part of what the program printed on both streams. */
  get output(): string {
    return this.#output;
  }

  write(text: string | Uint8Array): void {
    this.#process.stdin.write(text);
  }

  endInput(): void {
    this.#process.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends the signal and waits for the end. A program that ignores it is killed, and that is an error. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ChildExit> {
    if (!this.#hasExited) {
      this.#process.kill(signal);
    }
    try {
      return await within(`${this.name} ends after ${signal}`, STOP_WITHIN_MS, this.exited);
    } catch (error) {
      this.#process.kill("SIGKILL");
      await this.exited;
      throw new Error(`${this.name} had to be killed; it printed:\n${this.#output}`, {
        cause: error,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }
}

export interface RunResult extends ChildExit {
  readonly stdout: string;
  readonly output: string;
}

/** Runs a program to its end. A failure is an error that shows the output, unless `mayFail`. */
export async function run(
  options: ChildOptions & {
    readonly input?: string | Uint8Array;
    readonly withinMs?: number;
    readonly mayFail?: boolean;
  },
): Promise<RunResult> {
  const lines: string[] = [];
  await using child = new Child({ ...options, onLine: (line) => lines.push(line) });
  child.write(options.input ?? "");
  child.endInput();
  const withinMs = options.withinMs ?? 60_000;
  const exit = await within(`${options.name} ends`, withinMs, child.exited).catch((error) => {
    throw new Error(`${options.name} printed:\n${child.output}`, { cause: error });
  });
  if (exit.code !== 0 && options.mayFail !== true) {
    const end = exit.signal ?? exit.code;
    throw new Error(`${options.command.join(" ")} ended with ${end}:\n${child.output}`);
  }
  return { ...exit, stdout: lines.join("\n"), output: child.output };
}
