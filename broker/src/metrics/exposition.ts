/**
 * The metrics as Prometheus reads them. `prom-client` is loaded when somebody first asks: it knows the
 * text format, and measures the process and its event loop from then on.
 */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";
import type { Metric, Registry } from "prom-client";
import {
  type Histogram,
  type MetricRegistry,
  OTHER,
  type Readings,
  type Registered,
} from "./metric.ts";

interface Sample {
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** Gives the text of all metrics now, those of the process included. */
export function createExposition(
  registry: MetricRegistry,
  logger: Logger,
): () => Promise<Exposition> {
  let ofProcess: Registry | null = null;
  return async () => {
    const { collectDefaultMetrics, Registry } = await import("prom-client");
    if (ofProcess === null) {
      ofProcess = new Registry();
      try {
        collectDefaultMetrics({ register: ofProcess });
      } catch (error) {
        // Not every runtime measures everything; what was registered before stays.
        logger.warn({ reason: messageOf(error) }, "this runtime lacks metrics of the process");
      }
    }
    const own = new Registry();
    for (const metric of registry.all()) own.registerMetric(asPromMetric(metric));
    const text = `${await own.metrics()}\n${await ofProcess.metrics()}`;
    return { contentType: own.contentType, text };
  };
}

/** As much of a prom-client metric as its text takes. */
function asPromMetric(metric: Registered): Metric {
  const { name, help } = metric;
  const type = typeOf(metric);
  const get = () => Promise.resolve({ name, help, type, values: samplesOf(metric) });
  return { name, get } as unknown as Metric;
}

function typeOf(metric: Registered): "counter" | "gauge" | "histogram" {
  switch (metric.kind) {
    case "counter":
    case "counters":
      return "counter";
    case "gauge":
    case "gauges":
      return "gauge";
    case "histogram":
    case "histograms":
      return "histogram";
    case "readings":
      return metric.readings.type;
  }
}

function samplesOf(metric: Registered): Sample[] {
  switch (metric.kind) {
    case "counter":
      return [{ labels: {}, value: metric.metric.value }];
    case "counters":
      return [...metric.family.members].map(([member, { value }]) => ({
        labels: { [metric.label]: member },
        value,
      }));
    case "gauge":
      return [{ labels: {}, value: metric.read() }];
    case "gauges":
      return [...metric.read()].map(([member, value]) => ({
        labels: { [metric.label]: member },
        value,
      }));
    case "readings":
      return readingsOf(metric.readings);
    case "histogram":
      return bucketsOf(metric.name, metric.metric, {});
    case "histograms":
      return [...metric.family.members].flatMap(([member, histogram]) =>
        bucketsOf(metric.name, histogram, { [metric.label]: member }),
      );
  }
}

function readingsOf(readings: Readings): Sample[] {
  const samples: Sample[] = [];
  let other: number | null = null;
  readings.each((member, value, isNamed) => {
    // A member that is called like the rest is counted with it: a line stands once.
    const isApart = member !== null && member !== OTHER && isNamed;
    if (isApart) samples.push({ labels: { [readings.label]: member }, value });
    else other = (other ?? 0) + value;
  });
  if (other !== null) samples.push({ labels: { [readings.label]: OTHER }, value: other });
  return samples;
}

/** Buckets are cumulative in the text: each counts all observations up to its bound. */
function bucketsOf(
  name: string,
  { bounds, counts, sum }: Histogram,
  labels: Readonly<Record<string, string>>,
): Sample[] {
  let total = 0;
  const buckets = counts.map((count, index) => {
    total += count;
    const le = bounds[index] ?? "+Inf";
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ];
}
