/** Consume, process, produce: what comes of every record that was read. */
import { type Checker, entryOf, type Finding } from "./finding.ts";

const SIDES = ["debit", "credit"] as const;

/**
 * Every record of the processed partitions has one debit and one credit that `read_committed` sees: none
 * is missing, none is there twice, and the sum of all accounts is what it was.
 */
export const wrongDerivations: Checker = (history) => {
  const derivations = new Map(history.derivations.map((one) => [one.value, one]));
  const [copy] = history.logs.map((log) => log.copy);
  const last = history.logs.filter((log) => log.copy === copy);
  const found = new Map<string, number[]>();
  for (const { committed } of last) {
    for (const { value } of committed) {
      const derived = derivations.get(value);
      if (derived === undefined) continue;
      entryOf(found, `${derived.side} of ${derived.source}`, () => []).push(value);
    }
  }
  const findings: Finding[] = [];
  for (const { partition, committed } of last) {
    if (!history.processed.includes(partition)) continue;
    for (const { offset, value: source } of committed) {
      for (const side of SIDES) {
        const values = found.get(`${side} of ${source}`) ?? [];
        if (values.length === 1) continue;
        const there = values.length === 0 ? "is not there" : `is there as ${values.join(" and ")}`;
        const text = `the ${side} of ${source}, ${partition}:${offset}, ${there}`;
        findings.push({ anomaly: "not exactly once", text });
      }
    }
  }
  return findings;
};
