/** What is measured of consumer groups: the most behind by name, the others as one. */
import { LABEL_VALUES_MAX, type MetricRegistry, type Readings } from "#metrics/metric.ts";
import type { GroupLag, Lags } from "./lag-table.ts";
import type { Usage } from "./limits.ts";

export interface GroupMetricsOptions {
  /** The table of the moment; null while there is none. Whoever reads the metrics has it made before. */
  readonly lags: () => Lags | null;
  readonly usage: () => Pick<Usage, "pendingOffsets">;
}

/** A table, in the order in which it is shown. */
interface Ranked {
  readonly lags: Lags | null;
  /** Those that are furthest behind; there may be tens of thousands of others. */
  readonly first: readonly GroupLag[];
  readonly others: readonly GroupLag[];
}

/** Registers the gauges of groups. */
export function registerGroupMetrics(
  registry: MetricRegistry,
  { lags, usage }: GroupMetricsOptions,
): void {
  let ranked: Ranked = { lags: null, first: [], others: [] };
  const now = (): Ranked => {
    const latest = lags();
    if (latest !== ranked.lags) ranked = rank(latest);
    return ranked;
  };
  registry.gauge("runnel_groups", "Consumer groups", () => lags()?.groups.length ?? 0);
  registry.gauge(
    "runnel_group_pending_offsets",
    "Offsets of groups that wait for the end of a transaction",
    () => usage().pendingOffsets,
  );
  registry.readings("runnel_group_lag_events", "Events that a group has not committed", {
    ...BY_GROUP,
    each(visit) {
      const { first, others } = now();
      for (const { groupId, lag } of first) visit(groupId, lag, true);
      if (others.length > 0)
        visit(
          null,
          sum(others, ({ lag }) => lag),
          true,
        );
    },
  });
  registry.readings(
    "runnel_group_lag_seconds",
    "About the age of the oldest event that a group has not committed",
    {
      ...BY_GROUP,
      each(visit) {
        const { first, lags: table } = now();
        for (const { groupId, lag, oldestAt } of first) {
          if (lag === 0) visit(groupId, 0, true);
          else if (oldestAt !== null && table !== null) {
            visit(groupId, Math.max(0, table.takenAt - oldestAt) / 1000, true);
          }
        }
      },
    },
  );
  registry.readings("runnel_group_members", "Members of a group", {
    ...BY_GROUP,
    each(visit) {
      const { first, others } = now();
      for (const { groupId, memberCount } of first) visit(groupId, memberCount, true);
      if (others.length > 0)
        visit(
          null,
          sum(others, (one) => one.memberCount),
          true,
        );
    },
  });
}

const BY_GROUP = { type: "gauge", label: "group" } as const satisfies Partial<Readings>;

function sum(groups: readonly GroupLag[], value: (group: GroupLag) => number): number {
  return groups.reduce((total, group) => total + value(group), 0);
}

function rank(lags: Lags | null): Ranked {
  const groups = lags?.groups ?? [];
  if (groups.length <= LABEL_VALUES_MAX) return { lags, first: groups, others: [] };
  const sizes = Float64Array.from(groups, ({ lag }) => lag).sort();
  const least = sizes[sizes.length - LABEL_VALUES_MAX] as number;
  const first: GroupLag[] = [];
  const others: GroupLag[] = [];
  let equalLeft = LABEL_VALUES_MAX - groups.filter(({ lag }) => lag > least).length;
  for (const group of groups) {
    const isFirst = group.lag > least || (group.lag === least && equalLeft > 0);
    if (isFirst && group.lag === least) equalLeft -= 1;
    (isFirst ? first : others).push(group);
  }
  return { lags, first, others };
}
