/** Consumer groups: what is committed stays, and a partition has one owner in a generation. */
import { type Checker, entryOf, type Finding } from "./finding.ts";

/** A committed offset that was known is not there any more, or a lower one is. */
export const offsetRegressions: Checker = (history) => {
  const names = new Set<string>();
  const known = new Map<string, { readonly at: number; readonly offset: number }[]>();
  for (const { group, partition, offset, ended, outcome } of history.commits) {
    if (outcome === "ok") {
      entryOf(known, `${group} in ${partition}`, () => []).push({ at: ended, offset });
    }
  }
  for (const { group, partition, offset, ended } of history.offsetReads) {
    const name = `${group} in ${partition}`;
    names.add(name);
    entryOf(known, name, () => []).push({ at: ended, offset });
  }
  const findings: Finding[] = [];
  for (const name of names) {
    const bounds = (known.get(name) ?? []).sort((a, b) => a.at - b.at);
    const reads = history.offsetReads
      .filter(({ group, partition }) => `${group} in ${partition}` === name)
      .sort((a, b) => a.invoked - b.invoked);
    let next = 0;
    let lowest = -1;
    for (const { process, offset, invoked } of reads) {
      for (; (bounds[next]?.at ?? Number.POSITIVE_INFINITY) < invoked; next += 1) {
        lowest = Math.max(lowest, bounds[next]?.offset ?? -1);
      }
      if (offset >= lowest) continue;
      const text = `${name}: ${process} reads ${offset} after ${lowest} was known`;
      findings.push({ anomaly: "offset regression", text });
    }
  }
  return findings;
};

/** A partition was given to two members of one generation. */
export const doubleOwners: Checker = (history) => {
  const owners = new Map<string, Set<string>>();
  for (const { group, generation, member, partitions } of history.assignments) {
    for (const partition of partitions) {
      const name = `${partition} in generation ${generation} of ${group}`;
      entryOf(owners, name, () => new Set()).add(member);
    }
  }
  return [...owners]
    .filter(([, members]) => members.size > 1)
    .map(([name, members]) => ({
      anomaly: "double owner",
      text: `${name}: ${[...members].join(" and ")}`,
    }));
};
