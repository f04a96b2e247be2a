/** What a producer was told of its transactions, and whether that is what a reader finds. */

export interface Told {
  /** Part of its values. */
  readonly name: string;
  /** Partitions to which its records were acknowledged. */
  readonly partitions: number[];
  /** What it committed of the group; null for nothing. */
  offset: number | null;
  /** Null for a commit that was asked for and not answered. */
  outcome: "committed" | "aborted" | null;
}

export interface Found {
  /** What a reader of committed transactions sees, by partition. */
  readonly values: readonly (readonly string[])[];
  /** The group's committed offset; −1 for none. */
  readonly offset: number;
  /** Partitions whose last stable offset is not their end. */
  readonly held: readonly number[];
  /** The state of the transactional id. */
  readonly state: string;
}

export const valueOf = (name: string, partition: number): string => `${name} in ${partition}`;

/** Says everything that must not be; nothing where a transaction is whole, and there once or not at all, as told. */
export function findingsOf(told: readonly Told[], found: Found): readonly string[] {
  const findings: string[] = [];
  const all = found.values.flat();
  const expected = new Set<string>();
  for (const { name, partitions, outcome } of told) {
    for (const partition of partitions) {
      const value = valueOf(name, partition);
      if (outcome !== "aborted") expected.add(value);
      if (outcome === "committed" && !all.includes(value)) findings.push(`lost: ${value}`);
    }
    const count = partitions.filter((partition) => all.includes(valueOf(name, partition))).length;
    if (count > 0 && count < partitions.length) {
      findings.push(`torn: ${count} of ${partitions.length} records of ${name}`);
    }
  }
  for (const value of new Set(all)) {
    if (!expected.has(value)) findings.push(`aborted and read: ${value}`);
    const times = all.filter((one) => one === value).length;
    if (times > 1) findings.push(`read ${times} times: ${value}`);
  }
  const last = told.findLast(({ outcome, offset }) => outcome === "committed" && offset !== null);
  const offset = last?.offset ?? -1;
  if (found.offset !== offset) findings.push(`offset ${found.offset}, committed was ${offset}`);
  for (const partition of found.held) findings.push(`readers are held back in ${partition}`);
  if (found.state === "Ongoing") findings.push("a transaction is left open");
  return findings;
}
