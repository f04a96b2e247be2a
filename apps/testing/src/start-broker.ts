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
import { createLogger } from "./log.ts";
import type { BrokerOptions, TestBroker } from "./options.ts";
import { OwnedTimers } from "./owned-timers.ts";
import { loadTestConfig } from "./test-config.ts";

export { ConfigError, IoError } from "@runnel/kit/errors.ts";
export type { BrokerOptions, LogLevel, LogSink, SettingValue, TestBroker } from "./options.ts";

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
