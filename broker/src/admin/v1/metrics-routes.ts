/** The history of metrics: which series there are, and what they were. */
import type { MetricSeries } from "@runnel/contracts/metrics.ts";
import type { AnswerOf } from "@runnel/contracts/routes.ts";
import {
  HistoryBusyError,
  type ListedSeries,
  type MetricsHistory,
} from "#metrics/history/history.ts";
import { Refusal } from "../problem.ts";
import { authorize } from "./caller.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";

const POINTS_DEFAULT = 300;
const SPAN_DEFAULT_MS = 3_600_000;

export function listMetricSeries(
  { query, caller }: Call<"listMetricSeries">,
  services: V1Services,
): AnswerOf<"listMetricSeries"> {
  authorize(services, caller, "describe", "cluster");
  const history = historyOf(services);
  const { metric, member } = query;
  const wanted = history.series.filter(
    (one) =>
      (metric === undefined || one.metric === metric) &&
      (member === undefined || one.member === member),
  );
  return { items: wanted.map(seriesOf).sort(byName), since: history.since };
}

const byName = (a: MetricSeries, b: MetricSeries): number => (a.name < b.name ? -1 : 1);

function seriesOf({
  name,
  metric,
  statistic,
  member,
  isRest,
  label,
  help,
}: ListedSeries): MetricSeries {
  return { name, metric, statistic, label, member, isRest, unit: unitOf(metric, statistic), help };
}

/** By the name, as Prometheus has it: base units, `_total` for counters. */
function unitOf(metric: string, statistic: MetricSeries["statistic"]): MetricSeries["unit"] {
  const name = metric.replace(/_total$/, "");
  const unit = name.endsWith("_bytes") ? "bytes" : name.endsWith("_seconds") ? "seconds" : "count";
  if (statistic !== "rate") return unit;
  return unit === "count" ? "1/s" : `${unit}/s`;
}

export async function getMetricHistory(
  { query, caller }: Call<"getMetricHistory">,
  services: V1Services,
): Promise<AnswerOf<"getMetricHistory">> {
  authorize(services, caller, "describe", "cluster");
  const history = historyOf(services);
  const { series, points = POINTS_DEFAULT, to = services.clock.nowMs() } = query;
  const { from = Math.max(0, to - SPAN_DEFAULT_MS) } = query;
  if (from >= to) {
    const message = "must be before `to`";
    throw new Refusal("invalid-request", {
      detail: `from: ${message}`,
      remedy: "Ask for a span of time: `from` in it, `to` not.",
      errors: [{ in: "query", field: "from", message }],
    });
  }
  try {
    const answer = await history.query({ series, from, to, points });
    return {
      from: answer.from,
      stepMs: answer.stepMs,
      count: answer.count,
      resolutionMs: answer.resolutionMs,
      series: series.map((name, at) => {
        const found = answer.series[at] ?? null;
        const { min = [], mean = [], max = [] } = found ?? {};
        return { name, isKnown: found !== null, min: [...min], avg: [...mean], max: [...max] };
      }),
    };
  } catch (error) {
    if (!(error instanceof HistoryBusyError)) throw error;
    throw new Refusal("unavailable", {
      detail: error.message,
      remedy: "Ask again in a moment, for fewer series at a time.",
      headers: { "retry-after": "1" },
    });
  }
}

function historyOf({ history }: V1Services): MetricsHistory {
  if (history !== null) return history;
  throw new Refusal("unavailable", {
    detail: "this broker keeps no history of its metrics",
    remedy:
      "Set `runnel.metrics.history.enable` to true; where it is, the broker's log says why there is none.",
  });
}
