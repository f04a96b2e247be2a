/** What is measured of consumer groups: as much as the lag table says, for the most behind by name. */
import { LABEL_VALUES_MAX, type MetricRegistry, type Readings } from "#metrics/metric.ts";
import type { GroupLag, Lags } from "./lag-table.ts";

export interface GroupMetricsOptions {
  /** The table of the moment; null while there is none. Whoever reads the metrics has it made before. */
  readonly lags: () => Lags | null;
}

/** Registers the gauges of groups. */
export function registerGroupMetrics(
  registry: MetricRegistry,
  { lags }: GroupMetricsOptions,
): void {
  registry.gauge("runnel_groups", "Consumer groups", () => lags()?.groups.length ?? 0);
  registry.readings(
    "runnel_group_lag_events",
    "Events between what a group committed and the ends of its partitions",
    perGroup(lags, ({ lag }) => lag),
  );
  registry.readings(
    "runnel_group_lag_seconds",
    "About the age of the oldest event that a group has not committed",
    perGroup(lags, ({ lag, oldestAt }, takenAt) => {
      if (lag === 0) return 0;
      return oldestAt === null ? null : Math.max(0, takenAt - oldestAt) / 1000;
    }),
  );
  registry.readings(
    "runnel_group_members",
    "Members of a consumer group",
    perGroup(lags, ({ memberCount }) => memberCount),
  );
}

function perGroup(
  lags: GroupMetricsOptions["lags"],
  /** Null where it is not known. */
  value: (group: GroupLag, takenAt: number) => number | null,
): Readings {
  return {
    type: "gauge",
    label: "group",
    each(visit) {
      const { groups = [], takenAt = 0 } = lags() ?? {};
      const least = leastNamed(groups);
      for (const group of groups) {
        const known = value(group, takenAt);
        if (known !== null) visit(group.groupId, known, group.lag >= least);
      }
    },
  };
}

/** The lag from which on a group has a line of its own in the text of all metrics. */
function leastNamed(groups: readonly GroupLag[]): number {
  if (groups.length <= LABEL_VALUES_MAX) return 0;
  const lags = groups.map(({ lag }) => lag).sort((a, b) => b - a);
  return (lags[LABEL_VALUES_MAX] as number) + 1;
}
