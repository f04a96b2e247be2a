/**
 * One broker on a simulated machine, by the production wiring, and who starts it again when it ends. Its
 * disk and its metadata outlive it; what it holds in memory, its timers and its connections do not.
 */
import { IoError, messageOf } from "@runnel/kit/errors.ts";
import { type LoadedConfig, loadConfig } from "#config/load.ts";
import { inlineThreads } from "#io/memory/inline-threads.ts";
import { MemoryDisk } from "#io/memory/memory-disk.ts";
import { inlineWorkers } from "#io/memory/world.ts";
import type { World } from "#io/ports.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { createNode, type Node } from "#node.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { FaultyDisk } from "./faulty-disk.ts";
import { FaultyNetwork } from "./faulty-network.ts";
import { Life } from "./life.ts";
import { ListeningLogger } from "./listening-logger.ts";
import { SurvivingStore } from "./surviving-store.ts";
import type { SimTime } from "./time.ts";
import { calmWeather, type Weather } from "./weather.ts";

export const PORT = 9092;
/** Pause before a broker that could not be started is tried again, ms. */
const START_RETRY_MS = 500;
/** How long an orderly stop may take before the process is killed, ms. */
const STOP_MS_MAX = 10_000;

/** How a process ends: in order, by `kill -9`, or with the power of the machine. */
export type Ending = "stop" | "kill" | "power";

export interface SimBrokerOptions {
  readonly seed: number;
  readonly time: SimTime;
  /** Settings besides the listener. */
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Told of what no fault excuses. */
  readonly onBug: (text: string) => void;
}

export class SimBroker {
  readonly weather: Weather = calmWeather();
  readonly network: FaultyNetwork;
  readonly logger: ListeningLogger;
  readonly #options: SimBrokerOptions;
  readonly #loaded: LoadedConfig;
  readonly #chance: Chance;
  readonly #store: SurvivingStore;
  #memory: MemoryDisk;
  #disk: FaultyDisk | null = null;
  #life = new Life();
  #node: Node | null = null;
  /** Counts processes. */
  #starts = 0;
  /** Counts what was asked of it: who was asked before gives up. */
  #request = 0;

  constructor(options: SimBrokerOptions) {
    const { seed, time, settings, onBug } = options;
    this.#options = options;
    const flags = new Map([["listeners", `PLAINTEXT://127.0.0.1:${PORT}`], ...settings]);
    this.#loaded = loadConfig({ file: null, env: {}, flags, isInsecure: false });
    this.#chance = chanceOf(seed, "crash");
    const { weather } = this;
    const network = { time, chance: chanceOf(seed, "network"), weather: weather.network };
    this.network = new FaultyNetwork(network);
    const store = { time, chance: chanceOf(seed, "store"), weather: weather.store };
    this.#store = new SurvivingStore(store);
    this.logger = new ListeningLogger(time, onBug);
    this.#memory = new MemoryDisk({ clock: time });
    this.#life.end();
  }

  /** The node that runs; null while there is none. */
  get node(): Node | null {
    return this.#node;
  }

  /** Processes so far. */
  get starts(): number {
    return this.#starts;
  }

  /** Starts it, again and again where it cannot; resolves when it runs. */
  async start(): Promise<void> {
    this.#request += 1;
    for (const request = this.#request; request === this.#request; ) {
      const life = new Life();
      this.#life = life;
      this.#starts += 1;
      try {
        const node = await this.#create(life);
        if (life.isOver) return;
        this.#node = node;
        return;
      } catch (error) {
        if (life.isOver) return;
        if (!(error instanceof IoError))
          this.#options.onBug(`start: ${String((error as Error).stack)}`);
        this.logger.warn({ error: messageOf(error) }, "sim: the broker could not be started");
        await this.#end("kill");
        await this.#options.time.sleep(START_RETRY_MS);
      }
    }
  }

  /** Ends the process; resolves when it is gone. */
  async end(ending: Ending): Promise<void> {
    this.logger.info({ ending }, "sim: the broker ends");
    this.#request += 1;
    const node = this.#node;
    const life = this.#life;
    if (ending === "stop" && node !== null) {
      const stopped = node.stop().catch((error: unknown) => {
        this.logger.warn({ error: messageOf(error) }, "sim: stopping failed");
      });
      await Promise.race([stopped, this.#options.time.sleep(STOP_MS_MAX)]);
    }
    if (life === this.#life) await this.#end(ending === "power" ? "power" : "kill");
  }

  async #end(ending: "kill" | "power"): Promise<void> {
    const disk = this.#disk;
    this.#life.end();
    this.#node = null;
    this.network.endLife(this.#life);
    await disk?.kill();
    if (ending === "power") this.#memory = this.#memory.crash(this.#chance);
  }

  async #create(life: Life): Promise<Node> {
    const { seed, time } = this.#options;
    const scheduler = life.scheduler(time);
    const name = `${this.#starts}`;
    const disk = new FaultyDisk({
      disk: this.#memory,
      time,
      chance: chanceOf(seed, `disk ${name}`),
      life,
      weather: this.weather.disk,
    });
    this.#disk = disk;
    const threads = inlineThreads({ disk, clock: time, scheduler });
    const world: World = {
      clock: time,
      scheduler,
      random: chanceOf(seed, `node ${name}`),
      logger: this.logger,
      disk,
      network: this.network.of(life),
      workers: inlineWorkers,
      threads: {
        // A module comes from the real world, in its own time.
        start: (code, handlers) =>
          threads.start({ ...code, load: () => time.hold(code.load()) }, handlers),
      },
    };
    const config = {
      loaded: this.#loaded,
      clusterId: "simulated",
      dataFolder: "data",
      store: this.#store.open(life),
      metrics: new MetricRegistry(),
    };
    return await createNode(config, world);
  }
}
