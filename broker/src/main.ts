/**
 * One broker as a process: locks its data folder, opens the metadata store, runs a node on the real
 * world, and ends it on a signal. The only place of the broker that ends the process.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import type { AdminServer } from "#admin/server.ts";
import { formatAddress } from "#config/address.ts";
import type { LoadedConfig } from "#config/load.ts";
import { createNodeWorld } from "#io/node/world.ts";
import type { World } from "#io/ports.ts";
import { openDataFolder } from "#metadata/data-folder.ts";
import { openSqliteStore } from "#metadata/embedded/sqlite-store.ts";
import { lockFolder } from "#metadata/lock.ts";
import { createLogger } from "#metrics/logger.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { createNode, type Node } from "#node.ts";

/** Signals of one stop that come within this time are one: a group and its child both get them. */
const SAME_SIGNAL_MS = 500;
/** How long an orderly stop may take before the process ends anyway. */
const STOP_MS_MAX = 10_000;
/** How long an answer on the admin port may take once the broker stops. */
const ADMIN_CLOSE_MS = 1_000;
const METADATA_FILE = "metadata.db";

export interface RunOptions {
  readonly loaded: LoadedConfig;
  /** Another world than this machine, for tests of crashes; the logger stays ours. */
  readonly adaptWorld?: (world: World) => World;
  /** Where the ready line goes. */
  readonly print: (line: string) => void;
}

/** A broker that runs in this process, until `stop`. */
export interface RunningBroker {
  readonly node: Node;
  /** host:port of every listener, in the order of the setting. */
  readonly addresses: readonly string[];
  readonly adminAddress: string | null;
  stop(): Promise<void>;
}

/** Starts a broker on this machine. Rejects with `IoError` where folder, port or store say no. */
export async function startBroker(options: RunOptions, logger: Logger): Promise<RunningBroker> {
  const { loaded, adaptWorld } = options;
  const { broker } = loaded;
  const real = createNodeWorld({ logger });
  const world = adaptWorld?.(real) ?? real;
  const dataFolder = broker.logDirs;
  await world.disk.makeDirectory(dataFolder);
  const lock = lockFolder(dataFolder, process.pid);
  const { nodeId } = broker;
  const { random, clock, scheduler } = world;
  const { clusterId } = await openDataFolder(world.disk, dataFolder, { nodeId, random });
  const store = openSqliteStore(`${dataFolder}/${METADATA_FILE}`, { clock, scheduler });
  const metrics = new MetricRegistry();
  const node = await createNode({ loaded, clusterId, dataFolder, store, metrics }, world);
  const addresses = node.listeners.map(({ host, port }) => formatAddress({ host, port }));
  const admin = broker.runnelAdminListener;
  let adminServer: AdminServer | null = null;
  if (admin !== "off") {
    // Loaded after the first port accepts: clients need not wait for it.
    const { openAdminServer } = await import("#admin/server.ts");
    const { createExposition } = await import("#metrics/exposition.ts");
    adminServer = await openAdminServer({
      ...admin,
      metrics: createExposition(metrics, logger),
      allowedHosts: [],
      readiness: () => (node.isReady() ? [] : ["the broker is not registered in its cluster"]),
      logger,
    });
  }
  return {
    node,
    addresses,
    adminAddress: adminServer === null ? null : formatAddress(adminServer),
    async stop() {
      await adminServer?.close(ADMIN_CLOSE_MS);
      await node.stop();
      await world.workers.close();
      await store.close();
      lock[Symbol.dispose]();
    },
  };
}

/** Runs one broker until a signal; resolves with the exit code. */
export async function runBroker(options: RunOptions): Promise<number> {
  const logger = await createLogger({ isTerminal: process.stderr.isTTY === true });
  for (const warning of options.loaded.warnings) logger.warn({}, warning);
  const signal = awaitSignal();
  let running: RunningBroker;
  try {
    running = await startBroker(options, logger);
  } catch (error) {
    logger.error({ error: messageOf(error) }, "the broker could not be started");
    return 1;
  }
  const { addresses, adminAddress } = running;
  const admin = adminAddress === null ? "" : `  admin ${adminAddress}`;
  options.print(`runnel broker ready: kafka ${addresses.join(", ")}${admin}`);
  const name = await signal;
  logger.info({ signal: name }, "stopping");
  const second = awaitSignal().then(() => "again" as const);
  const late = new Promise<"late">((resolve) => {
    setTimeout(() => resolve("late"), STOP_MS_MAX).unref();
  });
  const stopped = running.stop().then(
    () => "stopped" as const,
    (error: unknown) => {
      logger.error({ error: messageOf(error) }, "stopping failed");
      return "failed" as const;
    },
  );
  const outcome = await Promise.race([stopped, second, late]);
  if (outcome === "stopped") return 0;
  logger.warn({ outcome }, "ended without an orderly stop; logs are checked at the next start");
  return 1;
}

/** Resolves with the next SIGTERM or SIGINT that is not an echo of the one before. */
function awaitSignal(): Promise<string> {
  return new Promise((resolve) => {
    const onSignal = (name: NodeJS.Signals): void => {
      if (lastSignalAt !== null && performance.now() - lastSignalAt < SAME_SIGNAL_MS) return;
      lastSignalAt = performance.now();
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
      resolve(name);
    };
    process.on("SIGTERM", onSignal);
    process.on("SIGINT", onSignal);
  });
}

let lastSignalAt: number | null = null;
