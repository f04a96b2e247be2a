import { expect, it } from "vitest";
import { factLine, lineOf, Report } from "./report.ts";
import { type Contest, contend, type Figures } from "./rounds.ts";

/** A load in which the floor makes 100 and Runnel the given figures, round by round. */
function contestOf(values: readonly number[], more: Partial<Contest> = {}): Contest {
  return {
    name: "produce",
    unit: "MB/s",
    reach: null,
    better: "higher",
    rounds: values.length,
    floor: () => Promise.resolve({ value: 100, cpuMicros: 10 }),
    runnel: (round) => Promise.resolve({ value: values[round] ?? 0, cpuMicros: 20 }),
    kafka: null,
    ...more,
  };
}

it("says what was reached, and nothing where nothing is asked", async () => {
  const open = await contend(contestOf([50, 70, 60]), () => {});
  expect(open.isReached).toBeNull();
  expect(lineOf(open)).toBe(
    "produce: ratio 0.60 (0.50–0.70); " +
      "Runnel 60 MB/s (20 µs CPU a request), floor 100 MB/s (10 µs)",
  );
  const asked = await contend(contestOf([50, 70, 60], { reach: 0.7 }), () => {});
  expect(lineOf(asked)).toContain("(0.50–0.70), to reach ≥ 0.7 MISSED; ");
  const fact = { name: "start", unit: "ms", value: 12 };
  expect(factLine({ ...fact, reach: 300 })).toBe("start: 12 ms, to reach ≤ 300 reached");
  expect(factLine({ ...fact, reach: null })).toBe("start: 12 ms");
});

it("shows the percentiles of a load that is about latency", async () => {
  const figures: Figures = {
    value: 4,
    cpuMicros: 1,
    percentiles: { p50: 1, p99: 4, p999: 30 },
  };
  const run = (): Promise<Figures> => Promise.resolve(figures);
  const result = await contend(contestOf([0], { floor: run, runnel: run }), () => {});
  expect(lineOf(result)).toContain("p50/p99/p99.9 1.00/4.00/30 ms");
});

it("runs what is wanted only", async () => {
  const report = new Report("latency");
  expect(await report.row(contestOf([1]))).toBeNull();
  await report.fact("start", () => Promise.reject(new Error("not wanted")));
  expect(report.isEmpty).toBe(true);
});
