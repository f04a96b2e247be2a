/** What a run has measured: told as it comes, printed at the end, kept as JSON. */
import { writeFileSync } from "node:fs";
import type { Fact } from "./facts.ts";
import { type Contest, type ContestResult, contend, type Percentiles } from "./rounds.ts";

export class Report {
  readonly #only: string | null;
  readonly #results: ContestResult[] = [];
  readonly #facts: Fact[] = [];

  /** `only` is what the names of rows must contain; null for all rows. */
  constructor(only: string | null) {
    this.#only = only;
  }

  get isEmpty(): boolean {
    return this.#results.length === 0 && this.#facts.length === 0;
  }

  wants(name: string): boolean {
    return this.#only === null || name.includes(this.#only);
  }

  /** Runs a row that is wanted; null for others. */
  async row(contest: Contest): Promise<ContestResult | null> {
    if (!this.wants(contest.name)) return null;
    this.tell(contest.name);
    const result = await contend(contest, (line) => this.tell(line));
    this.#results.push(result);
    this.tell(lineOf(result));
    return result;
  }

  /** Measures a fact under a short name, if that is wanted. */
  async fact(name: string, measure: () => Promise<Fact> | Fact): Promise<void> {
    if (!this.wants(name)) return;
    const fact = await measure();
    this.#facts.push(fact);
    this.tell(factLine(fact));
  }

  tell(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  /** Everything once more on stdout, and into `file` where there is one. */
  finish(conditions: Readonly<Record<string, unknown>>, file: string | null): void {
    const lines = [...this.#results.map(lineOf), ...this.#facts.map(factLine)];
    lines.push(`conditions: ${JSON.stringify(conditions)}`);
    process.stdout.write(`${lines.join("\n")}\n`);
    if (file === null) return;
    const figures = { conditions, results: this.#results, facts: this.#facts };
    writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
  }
}

export function factLine(fact: Fact): string {
  const { name, unit, value, reach, better = "lower", spread, note } = fact;
  const sign = better === "higher" ? "≥" : "≤";
  const isReached = reach !== null && (better === "higher" ? value >= reach : value <= reach);
  const range = spread === undefined ? "" : ` (${numberOf(spread.min)}–${numberOf(spread.max)})`;
  const asked = reach === null ? "" : `, to reach ${sign} ${reach} ${markOf(isReached)}`;
  return `${name}: ${numberOf(value)} ${unit}${range}${asked}${note === undefined ? "" : `; ${note}`}`;
}

export function lineOf(one: ContestResult): string {
  const { ratio, runnel, floor, unit, reach, isReached, kafka, ratioToKafka, latency } = one;
  const sign = one.better === "higher" ? "≥" : "≤";
  const names = one.names;
  const asked =
    reach === null || isReached === null ? "" : `, to reach ${sign} ${reach} ${markOf(isReached)}`;
  const parts = [
    `${one.name}: ratio ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–` +
      `${ratio.max.toFixed(2)})${asked}`,
    `${names.runnel} ${numberOf(runnel.median)} ${unit} (${one.runnelCpuMicros.toFixed(0)} µs CPU ` +
      `a request), ${names.floor} ${numberOf(floor.median)} ${unit} ` +
      `(${one.floorCpuMicros.toFixed(0)} µs)`,
  ];
  if (latency !== null) {
    parts.push(
      `${names.runnel} ${latencies(latency.runnel)}, ${names.floor} ${latencies(latency.floor)}`,
    );
  }
  if (kafka !== null && ratioToKafka !== null) {
    parts.push(`Kafka ${numberOf(kafka.median)}, ratio to it ${ratioToKafka.median.toFixed(2)}`);
  }
  return parts.join("; ");
}

function latencies({ p50, p99, p999 }: Percentiles): string {
  return `p50/p99/p99.9 ${[p50, p99, p999].map(numberOf).join("/")} ms`;
}

function markOf(isReached: boolean): string {
  return isReached ? "reached" : "MISSED";
}

function numberOf(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
