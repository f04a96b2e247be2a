/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A broker inside the process of a test suite: the production wiring on a free port of the loopback
 * interface, with its logs and its metadata in memory, or in a folder where they shall last.
 *
 * Nothing is shared between two brokers of one process, and nothing of a broker is left after `stop`:
 * no timer, no socket, no thread.
 */

import { formatAddress } from "@runnel/broker/config/address.ts";
import { MetricRegistry } from "@runnel/broker/metrics/metric.ts";
import { createNode, type Node } from "@runnel/broker/node.ts";
import { openHome } from "./home.ts";
import { createLogger, type LogSink } from "./log.ts";
import { OwnedTimers } from "./owned-timers.ts";
import { loadTestConfig, type SettingValue } from "./test-config.ts";

export { ConfigError, IoError } from "@runnel/kit/errors.ts";
export type { LogLevel, LogSink } from "./log.ts";
export type { SettingValue } from "./test-config.ts";

/** How `startBroker` differs from a broker in memory on any free port. */
export interface BrokerOptions {
  /**
   * Settings of the broker by Kafka's names, over the defaults for tests:
   * `{ "num.partitions": 3, "auto.create.topics.enable": false }`. Environment variables are not read.
   */
  readonly config?: Readonly<Record<string, SettingValue>>;
  /**
   * Keeps topics, records and groups in this folder, which is made where it is missing; a later broker
   * with the same folder goes on with them. Without it everything is in memory and ends with the broker.
   */
  readonly folder?: string;
  /** A port of 127.0.0.1 instead of any that is free. */
  readonly port?: number;
  /** Takes what the broker has to say, line by line; `console.error` will do. Silent without it. */
  readonly log?: LogSink;
}

/** A running broker. `await using` stops it at the end of the scope. */
export interface TestBroker {
  /** `127.0.0.1:PORT`, as clients take it. */
  readonly bootstrap: string;
  readonly host: string;
  readonly port: number;
  /** What clients are told as the id of the cluster; a folder keeps it. */
  readonly clusterId: string;
  /** Ends connections, timers and files. Later calls wait for the same end. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a broker in this process; it accepts clients when this resolves. Rejects with `ConfigError`
 * for a setting that cannot be, and with `IoError` when port or folder cannot be had.
 */
export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const loaded = loadTestConfig(options);
  const logger = createLogger(options.log);
  for (const warning of loaded.warnings) logger.warn({}, warning);
  const timers = new OwnedTimers();
  const home = await openHome(options.folder ?? null, {
    nodeId: loaded.broker.nodeId,
    timers,
    logger,
  });
  let node: Node;
  try {
    node = await createNode({ loaded, ...home.parts, metrics: new MetricRegistry() }, home.world);
  } catch (error) {
    await home.close();
    timers.cancelAll();
    throw error;
  }
  return toTestBroker(node, home.parts.clusterId, async () => {
    try {
      await node.stop();
    } finally {
      await home.close();
      timers.cancelAll();
    }
  });
}

function toTestBroker(node: Node, clusterId: string, end: () => Promise<void>): TestBroker {
  const { host, port } = node.listeners[0] as Node["listeners"][number];
  let ending: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    ending ??= end();
    return ending;
  };
  return {
    bootstrap: formatAddress({ host, port }),
    host,
    port,
    clusterId,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
