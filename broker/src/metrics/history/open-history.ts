/** The history of a whole broker: of its metrics, its groups, its process and its disk. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { ProcessStats, World } from "#io/ports.ts";
import { MetricRegistry } from "#metrics/metric.ts";
import { MetricsHistory } from "./history.ts";
import { MachineMetrics } from "./machine-metrics.ts";

export interface BrokerHistoryOptions {
  /** The first data folder. */
  readonly folder: string;
  /** The data folders besides it. */
  readonly otherFolders: readonly string[];
  readonly metrics: MetricRegistry;
  readonly stats: ProcessStats;
  /** Measures how far groups are behind, for the gauges to read. */
  readonly measureGroups: () => Promise<unknown>;
}

/** Null, and a line in the log, where it cannot be kept: a broker without a history is still one. */
export async function openHistory(
  { folder, otherFolders, metrics, stats, measureGroups }: BrokerHistoryOptions,
  { disk, clock, scheduler, logger }: World,
): Promise<MetricsHistory | null> {
  const own = new MetricRegistry();
  const place = { disk, folder, otherFolders };
  const machine = new MachineMetrics({ stats, ...place, shared: metrics, own });
  try {
    return await MetricsHistory.open({
      disk,
      folder,
      clock,
      scheduler,
      logger,
      registries: [metrics, own],
      prepare: () => Promise.allSettled([machine.refresh(), measureGroups()]),
    });
  } catch (error) {
    logger.warn({ reason: messageOf(error) }, "no history of the metrics is kept");
    return null;
  }
}
