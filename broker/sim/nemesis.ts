/** Makes the faults of a plan happen, and ends them all. */
import type { Plan, Strike } from "./plan.ts";
import type { Chance } from "./world/chance.ts";
import type { Ending, SimBroker } from "./world/sim-broker.ts";
import type { SimTime } from "./world/time.ts";
import { calm, type DiskTrap } from "./world/weather.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JUMPS_MS: readonly [number, ...number[]] = [
  -DAY_MS,
  -2 * HOUR_MS,
  -1_000,
  1_000,
  2 * HOUR_MS,
  DAY_MS,
];
/** Jumps of a strobe, as many back as there, and the longest pause between two, ms. */
const STROBES = 100;
const STROBE_MS_MAX = 100;
/** The longest that a fault with a duration lasts. */
const FAULT_MS_MAX = 4_000;
type CrashPoint = Pick<DiskTrap, "operation" | "suffix">;

/** Operations of a disk at which it is worth while to end. */
const CRASH_POINTS: readonly [CrashPoint, ...CrashPoint[]] = [
  { operation: "create", suffix: ".log" },
  { operation: "create", suffix: ".log" },
  { operation: "create", suffix: "" },
  { operation: "write", suffix: ".log" },
  { operation: "sync", suffix: ".log" },
  { operation: "rename", suffix: "" },
  { operation: "truncate", suffix: ".log" },
  { operation: "syncDirectory", suffix: "" },
  { operation: "removeFile", suffix: "" },
];
/** The same of a log that is being compacted. */
const SWAP_POINTS: readonly [CrashPoint, ...CrashPoint[]] = [
  { operation: "sync", suffix: ".cleaned" },
  { operation: "rename", suffix: ".cleaned" },
  { operation: "rename", suffix: ".swap" },
  { operation: "rename", suffix: ".log" },
];
/** How long after the first sync of a new segment the power goes, ms: while the one before is being closed. */
const ROLLED_MS_MAX = 20;
/** How long after a failed sync the power stays, ms: long enough for whoever tries once more. */
const UNSYNCED_MS_MAX = 10_000;
/** How many times slower than usual an operation is that hangs. */
const HANGING_SLOWNESS = 1_000;
/** How long after a start the power goes, ms: long enough for clients to rely on what was found. */
const RELIED_MS_MAX = 400;
/** Longer than anything that a strike leaves behind takes to show. */
const AFTERMATH_MS = 12_000;
/** The longest that the broker is down between two processes. */
const DOWN_MS_MAX = 2_000;

export interface NemesisOptions {
  readonly plan: Plan;
  readonly broker: SimBroker;
  readonly time: SimTime;
  readonly chance: Chance;
}

export class Nemesis {
  readonly #options: NemesisOptions;
  /** What the system has in memory and cannot bring to the disk any more: only the power cut is honest. */
  #mustLosePower = false;
  #isOver = false;
  /** Work on ending and starting the broker, one behind the other. */
  #endings: Promise<void> = Promise.resolve();

  constructor(options: NemesisOptions) {
    this.#options = options;
  }

  /** Goes through the strikes of the plan; resolves at the end of its span. */
  async run(): Promise<void> {
    const { plan, time, broker } = this.#options;
    broker.weather.network.splitShare = plan.splitShare;
    broker.weather.network.echoShare = plan.echoShare;
    const start = time.monotonicMs();
    const waitUntil = (atMs: number): Promise<void> =>
      time.sleep(Math.max(0, start + atMs - time.monotonicMs()));
    for (const strike of plan.strikes) {
      await waitUntil(strike.atMs);
      this.#strike(strike);
    }
    await waitUntil(plan.spanMs);
  }

  /** Ends all faults; resolves when a broker runs that is as good as new, and everybody knows. */
  async heal(): Promise<void> {
    const { broker, time } = this.#options;
    this.#isOver = true;
    calm(broker.weather);
    // What is still to come of earlier strikes comes now, and cut connections are noticed.
    await time.sleep(AFTERMATH_MS);
    calm(broker.weather);
    await this.#endings;
    const partitions = [...(broker.node?.services.replicas.partitions() ?? [])];
    const isFenced = partitions.some(({ log }) => log.state === "fenced");
    const hasFailed = (broker.node?.services.replicas.failedCount ?? 0) > 0;
    if (isFenced || hasFailed || this.#mustLosePower) await this.restart("kill");
  }

  /** Ends the process of the broker, and starts the next one; resolves when it runs. */
  async restart(ending: Ending): Promise<void> {
    this.#restart(ending);
    await this.#endings;
  }

  #strike({ kind }: Strike): void {
    const { broker, chance } = this.#options;
    const { disk, network, store } = broker.weather;
    switch (kind) {
      case "power":
      case "kill":
      case "stop":
        return this.#restart(kind);
      case "crash point":
        disk.trap = this.#crashTrap();
        return;
      case "cut point":
        disk.trap = {
          operation: "sync",
          suffix: ".log",
          isEarly: true,
          spring: () => this.#cut(),
        };
        return;
      case "roll point":
        disk.trap = {
          operation: "create",
          suffix: ".log",
          isEarly: false,
          spring: (path) => this.#awaitSync(path),
        };
        return;
      case "tail point":
        disk.trap = {
          operation: "sync",
          suffix: ".log",
          isEarly: true,
          spring: () => this.#leaveTail(),
        };
        return;
      case "sync error":
        disk.syncFailures = 1;
        this.#mustLosePower = true;
        return this.#later(() => this.#restart("power"), UNSYNCED_MS_MAX);
      case "write error":
        disk.writeFailures = 1;
        return this.#later(() => this.#restart("kill"));
      case "disk full":
        disk.isFull = true;
        return this.#later(() => void (disk.isFull = false));
      case "slow disk":
        disk.slowness = chance.pick([10, 100, 1_000]);
        return this.#later(() => void (disk.slowness = 1));
      case "read errors":
        disk.readFailureShare = chance.pick([0.05, 0.5]);
        return this.#later(() => void (disk.readFailureShare = 0));
      case "clock jump":
        this.#options.time.wallOffsetMs += chance.pick(JUMPS_MS);
        return;
      case "clock strobe":
        return this.#strobe(chance.pick(JUMPS_MS), STROBES);
      case "cut":
        return broker.network.cut(chance.pick([0.3, 1]));
      case "stall":
        return broker.network.stall(chance.pick([0.3, 1]), FAULT_MS_MAX);
      case "slow network":
        network.delayMsMax = chance.pick([50, 500]);
        return this.#later(() => void (network.delayMsMax = 1));
      case "store failures":
        store.failureShare = chance.pick([0.1, 1]);
        return this.#later(() => void (store.failureShare = 0));
    }
  }

  /** The calendar jumps there and back, again and again. */
  #strobe(jumpMs: number, left: number): void {
    const { time, chance } = this.#options;
    if (left === 0) return;
    time.wallOffsetMs += jumpMs;
    time.after(chance.span(1, STROBE_MS_MAX), () => this.#strobe(-jumpMs, left - 1));
  }

  /**
   * The process ends in the middle of an operation, or soon after it. Where it is in the middle, that
   * operation may hang while the rest of the disk goes on.
   */
  #crashTrap(): DiskTrap {
    const { plan, chance, time } = this.#options;
    const isCompacted = plan.topics.some((topic) => topic.isCompacted);
    const points = isCompacted && chance.happens(0.5) ? SWAP_POINTS : CRASH_POINTS;
    const isEarly = chance.happens(0.5);
    const delayMs = chance.pick(isEarly ? [0, 2, 8, 30] : [0, 0, 0.5, 2, 8]);
    const spring = (): void => {
      if (isEarly) this.#hang();
      time.after(delayMs, () => this.#restart(this.#roughEnding()));
    };
    return { ...chance.pick(points), isEarly, spring };
  }

  /** The operation that begins just now takes very long; no other one does. */
  #hang(): void {
    const { broker, time } = this.#options;
    const { disk } = broker.weather;
    disk.slowness = HANGING_SLOWNESS;
    time.soon(() => void (disk.slowness = 1));
  }

  /** The power goes just when the first records of a new segment are durable, and are acknowledged. */
  #awaitSync(path: string): void {
    const { broker, time, chance } = this.#options;
    const spring = (): void => {
      time.after(chance.span(0, ROLLED_MS_MAX), () => this.#restart("power"));
    };
    broker.weather.disk.trap = { operation: "sync", suffix: path, isEarly: false, spring };
  }

  /**
   * Nobody gets the answers to what is about to become durable; the disk takes its time, so that clients
   * come again before it is, and the process may end before, too.
   */
  #cut(): void {
    const { broker, time, chance } = this.#options;
    time.after(chance.pick([0, 0.5, 2]), () => broker.network.cut(1));
    this.#slowFor(chance.between(100, 1_000));
    if (chance.happens(0.8)) {
      time.after(chance.between(20, 400), () => this.#restart(this.#roughEnding()));
    }
  }

  /**
   * The process is killed before the disk has what it wrote; the power goes when its successor has shown
   * that to clients.
   */
  #leaveTail(): void {
    const { time, chance } = this.#options;
    this.#hang();
    time.after(chance.span(0.01, 5), () => {
      this.#restart("kill");
      void this.#endings.then(() => this.#cutPowerSoon());
    });
  }

  #cutPowerSoon(): void {
    const { time, chance } = this.#options;
    time.after(chance.between(10, RELIED_MS_MAX), () => {
      if (!this.#isOver) this.#restart("power");
    });
  }

  #slowFor(spanMs: number): void {
    const { broker, time, chance } = this.#options;
    const { disk } = broker.weather;
    disk.slowness = chance.pick([30, 300, 1_000]);
    time.after(spanMs, () => void (disk.slowness = 1));
  }

  #roughEnding(): Ending {
    const { plan, chance } = this.#options;
    return plan.isDurable && chance.happens(0.5) ? "power" : "kill";
  }

  #later(work: () => void, delayMsMax = FAULT_MS_MAX): void {
    const { time, chance } = this.#options;
    time.after(chance.between(100, delayMsMax), work);
  }

  #restart(asked: Ending): void {
    this.#endings = this.#endings.then(() => this.#endAndStart(asked));
  }

  async #endAndStart(asked: Ending): Promise<void> {
    const { plan, broker, time, chance } = this.#options;
    await broker.end(this.#mustLosePower ? "power" : asked);
    this.#mustLosePower = false;
    broker.weather.disk.syncFailures = 0;
    broker.weather.disk.writeFailures = 0;
    await time.sleep(chance.span(1, DOWN_MS_MAX));
    // What is read at a start takes long enough for others to ask meanwhile.
    const isSlow = !this.#isOver && chance.happens(0.4);
    if (isSlow) broker.weather.disk.slowness = chance.pick([30, 100]);
    await broker.start();
    if (isSlow) this.#slowFor(chance.between(100, 1_000));
    // What a killed process had not synced, its successor must: before anybody relies on it.
    if (plan.isDurable && asked === "kill" && chance.happens(0.3)) this.#cutPowerSoon();
  }
}
