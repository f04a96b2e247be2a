/** A place of work under one transactional id: a processor is in it, killed, paused and replaced, and what it says is kept. */
import { setTimeout as sleep } from "node:timers/promises";
import { Child } from "../../harness/child.ts";
import type { Command } from "./clients.ts";
import { parseLine, type Task } from "./task.ts";

const RESTART_MS = 300;
const READY_WITHIN_MS = 60_000;
const ZOMBIE_WITHIN_MS = 20_000;
const STOP_WITHIN_MS = 20_000;
const FAILURES_KEPT = 20;
const OUTPUT_CHARS_SHOWN = 1_000;

export type Outcome = "committed" | "aborted";

export interface Counts {
  committed: number;
  aborted: number;
  fenced: number;
  failed: number;
  /** Zombies that were resumed beside a successor. */
  zombies: number;
}

/** One process, from its start to its end. */
class Worker {
  readonly name: string;
  readonly child: Child;
  readonly outcomes = new Map<number, Outcome>();
  readonly failures: string[] = [];
  readonly ready: Promise<void>;
  isFenced = false;
  /** Number of the newest transaction that it began. */
  begun = 0;

  constructor(command: Command, task: Task) {
    this.name = task.name;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.child = new Child({
      name: task.name,
      command: [...command, JSON.stringify(task)],
      onLine: (text) => {
        const line = parseLine(text);
        if (line?.kind === "ready") resolve();
        else if (line?.kind === "begin") this.begun = line.number;
        else if (line?.kind === "committed" || line?.kind === "aborted") {
          this.outcomes.set(line.number, line.kind);
        } else if (line !== null) {
          this.isFenced ||= line.kind === "fenced";
          this.failures.push(`${task.name}: ${text}`);
        }
      },
    });
    this.ready = Promise.race([promise, this.child.exited.then(() => {})]);
  }
}

export class Slot {
  readonly findings: string[] = [];
  readonly workers: Worker[] = [];
  readonly #command: Command;
  readonly #task: Omit<Task, "name">;
  readonly #zombies: Promise<void>[] = [];
  #worker: Worker;
  #isStopping = false;
  #isPaused = false;
  #zombieCount = 0;

  constructor(command: Command, task: Omit<Task, "name">) {
    this.#command = command;
    this.#task = task;
    this.#worker = this.#start();
  }

  get mode(): Task["mode"] {
    return this.#task.mode;
  }

  get name(): string {
    return this.#task.transactionalId;
  }

  /** Whether a fault is under way in it, so that it is left alone. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  async ready(): Promise<void> {
    await Promise.race([this.#worker.ready, sleep(READY_WITHIN_MS)]);
  }

  /** A new one takes its place. */
  kill(): void {
    this.#worker.child.kill("SIGKILL");
  }

  /** For less than its transaction may last, or for longer. */
  async pause(ms: number): Promise<void> {
    const { child } = this.#worker;
    this.#isPaused = true;
    child.kill("SIGSTOP");
    await sleep(ms);
    child.kill("SIGCONT");
    this.#isPaused = false;
  }

  /** Pauses it, starts its successor, and resumes it then: nothing that it begins may be committed. */
  async replace(ms: number): Promise<void> {
    const zombie = this.#worker;
    this.#isPaused = true;
    zombie.child.kill("SIGSTOP");
    await sleep(ms);
    this.#worker = this.#start();
    await this.ready();
    const begun = zombie.begun;
    this.#zombieCount += 1;
    zombie.child.kill("SIGCONT");
    this.#isPaused = false;
    const end = async (): Promise<void> => {
      await Promise.race([zombie.child.exited, sleep(ZOMBIE_WITHIN_MS)]);
      // One that was given nothing to do has not learned it yet.
      if (!zombie.child.hasExited) await zombie.child.stop("SIGKILL");
      for (const [number, outcome] of zombie.outcomes) {
        if (number > begun && outcome === "committed") {
          this.findings.push(`zombie: ${zombie.name} committed ${number} after it was replaced`);
        }
      }
    };
    this.#zombies.push(end());
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#zombies);
    const { child } = this.#worker;
    child.kill("SIGCONT");
    child.endInput();
    await Promise.race([child.exited, sleep(STOP_WITHIN_MS)]);
    if (!child.hasExited) await child.stop("SIGKILL");
  }

  /** Why its processes ended, those that were not killed. */
  get failures(): readonly string[] {
    return this.workers.flatMap((worker) => worker.failures).slice(-FAILURES_KEPT);
  }

  /** What the newest of its processes printed last. */
  get printed(): string {
    return `${this.#worker.name} printed:\n${this.#worker.child.output.slice(-OUTPUT_CHARS_SHOWN)}`;
  }

  get counts(): Counts {
    const counts = { committed: 0, aborted: 0, fenced: 0, failed: 0, zombies: this.#zombieCount };
    for (const { outcomes, isFenced, failures } of this.workers) {
      for (const outcome of outcomes.values()) counts[outcome] += 1;
      if (isFenced) counts.fenced += 1;
      else if (failures.length > 0) counts.failed += 1;
    }
    return counts;
  }

  #start(): Worker {
    const name = `${this.#task.transactionalId}.${this.workers.length}`;
    const worker = new Worker(this.#command, { ...this.#task, name });
    this.workers.push(worker);
    void worker.child.exited.then(async () => {
      if (this.#isStopping || worker !== this.#worker) return;
      await sleep(RESTART_MS);
      if (!this.#isStopping && worker === this.#worker) this.#worker = this.#start();
    });
    return worker;
  }
}
