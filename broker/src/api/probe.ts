/** What is counted of requests, by API. */
import type { Counter, Family, Histogram, MetricRegistry } from "#metrics/metric.ts";

/** Seconds; a fetch may wait its half second on purpose. */
const LATENCY_BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

export class ApiProbe {
  readonly requests: Family<Counter>;
  readonly seconds: Family<Histogram>;
  /** By error name, wherever in a response the code stands. */
  readonly errors: Family<Counter>;

  constructor(registry: MetricRegistry) {
    this.requests = registry.counters("runnel_kafka_requests_total", "Requests, by API", "api");
    this.seconds = registry.histograms(
      "runnel_kafka_request_seconds",
      "From the last byte of a request to its answer, by API",
      "api",
      LATENCY_BOUNDS,
    );
    this.errors = registry.counters(
      "runnel_kafka_response_errors_total",
      "Error codes in responses, as a whole and of their topics, partitions and groups",
      "error",
    );
  }
}
