/**
 * One broker as a process: locks its data folder, opens the metadata store, runs a node on the real
 * world, and ends it on a signal. The only place of the broker that ends the process.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import type { AdminServer } from "#admin/server.ts";
import type { About } from "#admin/v1/services.ts";
import { type Address, formatAddress } from "#config/address.ts";
import type { LoadedConfig } from "#config/load.ts";
import { countOutsideMemory } from "#io/node/heap.ts";
import { createProcessStats } from "#io/node/process-stats.ts";
import { createNodeWorld } from "#io/node/world.ts";
import { Opened } from "#io/opened.ts";
import type { World } from "#io/ports.ts";
import { makeDataFolder, openDataFolder } from "#metadata/data-folder.ts";
import { openOtherFolders } from "#metadata/data-folders.ts";
import { openSqliteStore } from "#metadata/embedded/sqlite-store.ts";
import { isFolderHeld, lockFolder } from "#metadata/lock.ts";
import type { MetricsHistory } from "#metrics/history/history.ts";
import { createLogger } from "#metrics/logger.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { createNode, type Node } from "#node.ts";

/** Signals of one stop that come within this time are one: a group and its child both get them. */
const SAME_SIGNAL_MS = 500;
/** How long an orderly stop may take before the process ends anyway. */
const STOP_MS_MAX = 10_000;
/** How long an answer on the admin port may take once the broker stops. */
const ADMIN_CLOSE_MS = 1_000;
/** How long the text of all metrics waits for how far groups are behind. */
const LAGS_MS_MAX = 1_000;
const METADATA_FILE = "metadata.db";

export interface RunOptions {
  readonly loaded: LoadedConfig;
  /** Of the program, for whoever asks what runs here. */
  readonly version?: string;
  /** Another world than this machine, for tests of crashes; the logger stays ours. */
  readonly adaptWorld?: (world: World) => World;
  /** Where the ready line goes. */
  readonly print: (line: string) => void;
  /** Where the reason goes, besides the log, for which the broker could not be started. */
  readonly printFailure?: (reason: string) => void;
}

/** A broker that runs in this process, until `stop`. */
export interface RunningBroker {
  readonly node: Node;
  /** host:port of every listener, in the order of the setting. */
  readonly addresses: readonly string[];
  readonly adminAddress: string | null;
  /** Settles where the broker cannot go on, with the reason: it should be stopped. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a broker on this machine. Rejects with `IoError` where folder, port or store say no; whatever
 * was opened until then is closed again.
 */
export async function startBroker(options: RunOptions, logger: Logger): Promise<RunningBroker> {
  const { loaded, adaptWorld, version = "unknown" } = options;
  const { broker } = loaded;
  const real = createNodeWorld({ logger });
  const world = adaptWorld?.(real) ?? real;
  await using opened = new Opened();
  const [dataFolder, ...paths] = broker.logDirs;
  await makeDataFolder(world.disk, dataFolder);
  const lock = (path: string): void => {
    const held = lockFolder(path, process.pid);
    opened.defer(() => held[Symbol.dispose]());
  };
  lock(dataFolder);
  const { nodeId } = broker;
  const { random, clock, scheduler } = world;
  const meta = await openDataFolder(world.disk, dataFolder, { nodeId, random });
  const { clusterId } = meta;
  const first = { first: dataFolder, meta, disk: world.disk, random };
  const otherFolders = await openOtherFolders({ ...first, paths, lock, isHeld: isFolderHeld });
  const store = openSqliteStore(`${dataFolder}/${METADATA_FILE}`, { clock, scheduler });
  opened.defer(() => store.close());
  opened.defer(() => world.workers.close());
  const metrics = new MetricRegistry();
  const failure = Promise.withResolvers<string>();
  const onStorageLost = failure.resolve;
  const parts = { loaded, clusterId, dataFolder, otherFolders, store, metrics, onStorageLost };
  const node = await createNode(parts, world);
  opened.defer(() => node.stop());
  const admin = broker.runnelAdminListener;
  const about = { version, runtime, startedAt: clock.nowMs() };
  const history =
    admin === "off" || !broker.runnelMetricsHistoryEnable
      ? null
      : await keepHistory(opened, { dataFolder, otherFolders: paths, node, metrics }, world);
  const allowedHosts = broker.runnelAdminAllowedHosts;
  const adminServer =
    admin === "off"
      ? null
      : await serveAdmin({ ...admin, allowedHosts }, { node, metrics, history, logger, about });
  if (adminServer !== null) opened.defer(() => adminServer.close(ADMIN_CLOSE_MS));
  const all = opened.move();
  return {
    node,
    failed: failure.promise,
    addresses: node.listeners.map(({ host, port }) => formatAddress({ host, port })),
    adminAddress: adminServer === null ? null : formatAddress(adminServer),
    stop: () => all[Symbol.asyncDispose](),
  };
}

/** Keeps the history of all metrics until `opened` is disposed of; null where it cannot be kept. */
async function keepHistory(
  opened: Opened,
  parts: {
    readonly dataFolder: string;
    readonly otherFolders: readonly string[];
    readonly node: Node;
    readonly metrics: MetricRegistry;
  },
  world: World,
): Promise<MetricsHistory | null> {
  const { dataFolder: folder, otherFolders, node, metrics } = parts;
  const { openHistory } = await import("#metrics/history/open-history.ts");
  const stats = createProcessStats();
  opened.defer(() => stats.close());
  const measureGroups = () => node.lags.current();
  const history = await openHistory({ folder, otherFolders, metrics, stats, measureGroups }, world);
  if (history !== null) opened.defer(() => history.close());
  return history;
}

/** Loads the admin port after the first port accepts: clients need not wait for it. */
async function serveAdmin(
  address: Address & { readonly allowedHosts: readonly string[] },
  parts: {
    readonly node: Node;
    readonly metrics: MetricRegistry;
    readonly history: MetricsHistory | null;
    readonly logger: Logger;
    readonly about: About;
  },
): Promise<AdminServer> {
  const { node, metrics, logger } = parts;
  const { openAdminServer } = await import("#admin/server.ts");
  const { createExposition } = await import("#metrics/exposition.ts");
  // Nobody looks for keys where there is no admin port.
  await node.startKeyIndexing();
  const expose = createExposition(metrics, logger);
  return await openAdminServer({
    ...address,
    metrics: async () => {
      // The gauges of groups show the table of the moment, or of a moment ago while groups are loaded.
      await Promise.race([node.lags.current(), soon(LAGS_MS_MAX)]);
      return await expose();
    },
    readiness: () => (node.isReady() ? [] : ["the broker is not registered in its cluster"]),
    loadV1: async () => {
      const { createV1App } = await import("#admin/v1/app.ts");
      return createV1App(node.v1Services(parts));
    },
    logger,
  });
}

function soon(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs).unref();
  });
}

/** What runs this: `node 26.10.0`. */
const runtime =
  "deno" in process.versions
    ? `deno ${String(process.versions["deno"])}`
    : `node ${process.versions.node}`;

/**
 * Runs one broker until a signal; resolves with the exit code, and ends the process itself where work is
 * still under way then. A signal that comes while it starts ends it at once: nobody was served yet.
 */
export async function runBroker(options: RunOptions): Promise<number> {
  const logger = await createLogger({ isTerminal: process.stderr.isTTY === true });
  for (const warning of options.loaded.warnings) logger.warn({}, warning);
  countOutsideMemory();
  using signals = new Signals();
  const first = signals.next();
  const starting = startBroker(options, logger).catch((error: unknown) => {
    logger.error({ error: messageOf(error) }, "the broker could not be started");
    options.printFailure?.(messageOf(error));
    return null;
  });
  const running = await Promise.race([starting, first]);
  if (running === null) return 1;
  if (typeof running === "string") {
    logger.warn({ signal: running }, "ended before it was ready");
    process.exit(1);
  }
  const { addresses, adminAddress } = running;
  const admin = adminAddress === null ? "" : `  admin ${adminAddress}`;
  options.print(`runnel broker ready: kafka ${addresses.join(", ")}${admin}`);
  const reason = await Promise.race([first.then(() => null), running.failed]);
  if (reason === null) logger.info({ signal: await first }, "stopping");
  else {
    logger.error({ reason }, "the broker cannot go on");
    options.printFailure?.(reason);
  }
  const outcome = await Promise.race([stop(running, logger), signals.next(), late()]);
  if (outcome === "stopped") return reason === null ? 0 : 1;
  logger.warn({ outcome }, "ended without an orderly stop; logs are checked at the next start");
  process.exit(1);
}

async function stop(running: RunningBroker, logger: Logger): Promise<"stopped" | "failed"> {
  try {
    await running.stop();
    return "stopped";
  } catch (error) {
    logger.error({ error: messageOf(error) }, "stopping failed");
    return "failed";
  }
}

function late(): Promise<"late"> {
  return new Promise((resolve) => {
    setTimeout(() => resolve("late"), STOP_MS_MAX).unref();
  });
}

/** SIGTERM and SIGINT, caught for as long as this lives; echoes of the one before do not count. */
class Signals implements Disposable {
  #lastAt = Number.NEGATIVE_INFINITY;
  #waiting: ((name: string) => void) | null = null;
  readonly #onSignal = (name: string): void => {
    const now = performance.now();
    if (now - this.#lastAt < SAME_SIGNAL_MS) return;
    this.#lastAt = now;
    this.#waiting?.(name);
    this.#waiting = null;
  };

  constructor() {
    process.on("SIGTERM", this.#onSignal);
    process.on("SIGINT", this.#onSignal);
  }

  /** The name of the next signal. */
  next(): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  [Symbol.dispose](): void {
    process.off("SIGTERM", this.#onSignal);
    process.off("SIGINT", this.#onSignal);
  }
}
