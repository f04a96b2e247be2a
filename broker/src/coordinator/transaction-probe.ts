/** What is measured of transactions. */
import type { MetricRegistry } from "#metrics/metric.ts";
import type { TransactionCoordinator } from "./transaction-coordinator.ts";

/** Registers the metrics of a broker's transactions. */
export function registerTransactionMetrics(
  registry: MetricRegistry,
  transactions: Pick<TransactionCoordinator, "usage" | "markersWaiting">,
): void {
  registry.gauges(
    "runnel_transactional_ids",
    "Transactional ids, by the state of their transaction",
    "state",
    () => new Map(Object.entries(transactions.usage.byState)),
  );
  registry.gauge(
    "runnel_transaction_partitions",
    "Partitions in transactions that are not complete",
    () => transactions.usage.partitions,
  );
  registry.gauge(
    "runnel_transaction_markers_waiting",
    "Partitions that wait for the marker of a transaction that was decided",
    () => transactions.markersWaiting,
  );
  registry.readings("runnel_transactions_ended_total", "Transactions, by how they ended", {
    type: "counter",
    label: "outcome",
    each(visit) {
      const { commits, aborts, timeouts } = transactions.usage;
      visit("commit", commits, true);
      visit("abort", Math.max(0, aborts - timeouts), true);
      visit("timeout", timeouts, true);
    },
  });
}
