/** Transactions over several partitions: all of one is read, or nothing, as its producer was told. */
import type { Outcome } from "./slot.ts";

/** By the name of a process, what it was told of its transactions; one may be missing. */
export type Outcomes = ReadonlyMap<string, ReadonlyMap<number, Outcome>>;

/** `values` are `process:transaction:index:count`; before `isComplete` parts of a transaction may still be unread. */
export function checkMixture(
  values: readonly string[],
  outcomes: Outcomes,
  isComplete: boolean,
): string[] {
  const findings: string[] = [];
  const seen = new Map<string, { readonly parts: Set<string>; readonly count: number }>();
  for (const value of values) {
    const [name, number, part = "", count] = value.split(":");
    const id = `${name}:${number}`;
    const found = seen.get(id) ?? { parts: new Set(), count: Number(count) };
    if (found.parts.has(part)) findings.push(`duplicate: ${value}`);
    found.parts.add(part);
    seen.set(id, found);
    if (name === undefined || !outcomes.has(name)) findings.push(`foreign: ${value}`);
    if (outcomes.get(name ?? "")?.get(Number(number)) === "aborted") {
      findings.push(`aborted and read: ${value}`);
    }
  }
  if (!isComplete) return findings;
  for (const [id, { parts, count }] of seen) {
    if (parts.size !== count) findings.push(`torn: ${parts.size} of ${count} parts of ${id}`);
  }
  for (const [name, told] of outcomes) {
    for (const [number, outcome] of told) {
      const id = `${name}:${number}`;
      if (outcome === "committed" && !seen.has(id)) findings.push(`lost: ${id} was committed`);
    }
  }
  return findings;
}
