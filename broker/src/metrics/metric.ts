/**
 * Metrics as plain numbers, so that counting costs an addition; they become text only when somebody
 * asks (`exposition.ts`). Names follow Prometheus: `_total` for counters, base units, seconds.
 */
import { assert } from "@runnel/kit/assert.ts";

export class Counter {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** Counts of observations up to each bound, and above the last. */
export class Histogram {
  readonly bounds: readonly number[];
  /** One more than bounds; not cumulative. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index += 1;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}

/** Values of the label that one family keeps apart; what comes later counts as `other`. */
export const LABEL_VALUES_MAX = 1000;
export const OTHER = "other";

/** One metric for each value of a label. Ask once and keep the answer where it is hot. */
export class Family<M> {
  readonly members = new Map<string, M>();
  readonly #make: () => M;

  constructor(make: () => M) {
    this.#make = make;
  }

  get(labelValue: string): M {
    const known = this.members.get(labelValue);
    if (known !== undefined) return known;
    if (this.members.size >= LABEL_VALUES_MAX && labelValue !== OTHER) return this.get(OTHER);
    const made = this.#make();
    this.members.set(labelValue, made);
    return made;
  }
}

interface Named {
  readonly name: string;
  readonly help: string;
}

/**
 * Takes one value of a family that is counted elsewhere. `member` null is a part that belongs to no
 * member any more; what is not `isNamed` is told apart here, but is `other` in the text of all metrics.
 */
export type ReadingVisitor = (member: string | null, value: number, isNamed: boolean) => void;

/** A family whose values are kept where they come about, without a bound on their number. */
export interface Readings {
  readonly type: "counter" | "gauge";
  readonly label: string;
  /** Calls `visit` once for every member. */
  each(visit: ReadingVisitor): void;
}

/** A metric with its name; `label` is the one label of a family. */
export type Registered = Named &
  (
    | { readonly kind: "counter"; readonly metric: Counter }
    | { readonly kind: "counters"; readonly label: string; readonly family: Family<Counter> }
    | { readonly kind: "histogram"; readonly metric: Histogram }
    | { readonly kind: "histograms"; readonly label: string; readonly family: Family<Histogram> }
    | { readonly kind: "gauge"; read(): number }
    | { readonly kind: "gauges"; readonly label: string; read(): ReadonlyMap<string, number> }
    | { readonly kind: "readings"; readonly readings: Readings }
  );

/** All metrics of one broker. A name stands for one metric. */
export class MetricRegistry {
  readonly #metrics = new Map<string, Registered>();

  /** In the order of registration. */
  all(): readonly Registered[] {
    return [...this.#metrics.values()];
  }

  counter(name: string, help: string): Counter {
    const metric = new Counter();
    this.#add({ kind: "counter", name, help, metric });
    return metric;
  }

  counters(name: string, help: string, label: string): Family<Counter> {
    const family = new Family(() => new Counter());
    this.#add({ kind: "counters", name, help, label, family });
    return family;
  }

  histogram(name: string, help: string, bounds: readonly number[]): Histogram {
    const metric = new Histogram(bounds);
    this.#add({ kind: "histogram", name, help, metric });
    return metric;
  }

  histograms(
    name: string,
    help: string,
    label: string,
    bounds: readonly number[],
  ): Family<Histogram> {
    const family = new Family(() => new Histogram(bounds));
    this.#add({ kind: "histograms", name, help, label, family });
    return family;
  }

  /** `read` is asked when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    this.#add({ kind: "gauge", name, help, read });
  }

  /** `read` gives a value for each value of the label. */
  gauges(name: string, help: string, label: string, read: () => ReadonlyMap<string, number>): void {
    this.#add({ kind: "gauges", name, help, label, read });
  }

  readings(name: string, help: string, readings: Readings): void {
    this.#add({ kind: "readings", name, help, readings });
  }

  #add(metric: Registered): void {
    assert(!this.#metrics.has(metric.name), `metric ${metric.name} is registered twice`);
    this.#metrics.set(metric.name, metric);
  }
}
