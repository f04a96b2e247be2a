/**
 * Keeps child processes of `runnel` alive. A part that dies is started again, later each time; one
 * that cannot be started at all, or dies again and again, ends everything.
 *
 *   starting ──ready──▶ running ──dies──▶ waiting ──back-off──▶ starting
 *
 * A child has a process group of its own, so that Ctrl-C reaches it through the supervisor alone, and
 * a channel to the supervisor, by whose end it notices that the supervisor is gone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ExitCode } from "./cli/failure.ts";

export interface PartOptions {
  readonly name: string;
  /** Arguments of `runnel`, or the whole command line of another program. */
  readonly args: readonly string[] | { readonly command: readonly [string, ...string[]] };
  /** Whether a line of its output says that it is ready. */
  readonly isReady: (line: string) => boolean;
  /** Called each time it becomes ready, with that line. */
  readonly onReady: (line: string) => void;
  /** Every other line of its output. */
  readonly onLine: (line: string) => void;
  readonly onRemark: (text: string) => void;
}

/** Delays before the second, third, … start in a row. */
const BACK_OFF_MS = [250, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000] as const;
/** A part that has run this long is well: its next death counts as the first. */
const WELL_AFTER_MS = 60_000;
/** A broker ends within 10 s; whatever does not is killed. */
const KILLED_AFTER_MS = 15_000;

/** The pause before the next start after `deaths` in a row; null to give up. */
export function backOffMs(deaths: number): number | null {
  return BACK_OFF_MS[deaths - 1] ?? null;
}

export class Part {
  readonly #options: PartOptions;
  readonly #ended = Promise.withResolvers<number>();
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #deaths = 0;
  #wasReady = false;
  #isStopping = false;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  /** The exit code for the whole, once the part has ended for good. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  start(): void {
    const { args, isReady, onReady, onLine, onRemark, name } = this.#options;
    const startedAtMs = performance.now();
    const [program, ...rest] = "command" in args ? args.command : [...launcher(), ...args];
    const child = spawn(program, rest, {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      detached: true,
    });
    this.#child = child;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (!isReady(line)) {
          onLine(line);
          return;
        }
        this.#wasReady = true;
        onReady(line);
      });
    }
    child.once("error", (error) => {
      onRemark(`${name} cannot be run: ${error.message}`);
      this.#ended.resolve(ExitCode.FAILED);
    });
    child.once("exit", (code, signal) => {
      this.#child = null;
      this.#onExit(code, signal, performance.now() - startedAtMs);
    });
  }

  /** Asks the child to stop and kills it where it does not. `ended` settles in either case. */
  stop(signal: NodeJS.Signals): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    if (this.#child === null) {
      this.#ended.resolve(ExitCode.OK);
      return;
    }
    this.#send(signal);
    this.#timer = setTimeout(() => {
      this.#options.onRemark(`${this.#options.name} does not stop and is killed.`);
      this.kill();
    }, KILLED_AFTER_MS);
  }

  /** Tells the child something over its channel, if it is there to hear it. */
  tell(message: Readonly<Record<string, string>>): void {
    // It may be ending just now, and then it will be told what it needs at its next start.
    if (this.#child?.connected === true) this.#child.send(message, () => {});
  }

  kill(): void {
    this.#isStopping = true;
    this.#send("SIGKILL");
  }

  /**
   * Not by `kill` of the child: after that, Deno (2.9.6) reports the signal as the end of
   * a child that took it and ended with 0.
   */
  #send(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It has ended, and the event that says so is on its way.
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  #onExit(code: number | null, signal: NodeJS.Signals | null, livedMs: number): void {
    const { name, onRemark } = this.#options;
    if (this.#isStopping) {
      clearTimeout(this.#timer);
      this.#ended.resolve(code ?? ExitCode.FAILED);
      return;
    }
    if (code === ExitCode.USAGE || !this.#wasReady) {
      // It has said why itself, and would say the same again.
      this.#ended.resolve(code === null || code === 0 ? ExitCode.FAILED : code);
      return;
    }
    this.#deaths = livedMs >= WELL_AFTER_MS ? 1 : this.#deaths + 1;
    const delayMs = backOffMs(this.#deaths);
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    if (delayMs === null) {
      onRemark(`The ${name} ${how} for the ${this.#deaths}th time in a row: giving up.`);
      this.#ended.resolve(ExitCode.FAILED);
      return;
    }
    onRemark(`The ${name} ${how}; starting it again in ${delayMs / 1_000} s.`);
    this.#timer = setTimeout(() => this.start(), delayMs);
  }
}

/** This program again: the same runtime, the same options, the same script. */
function launcher(): readonly [string, ...string[]] {
  const script = process.argv[1] ?? "";
  const isDeno = "deno" in process.versions;
  return [process.execPath, ...(isDeno ? ["run", "-A"] : process.execArgv), script];
}
