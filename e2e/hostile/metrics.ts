/** The broker's own counters, over its admin port. */

export type Samples = ReadonlyMap<string, number>;

export async function readMetrics(admin: string): Promise<Samples> {
  const answer = await fetch(`http://${admin}/metrics`);
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`);
  const samples = new Map<string, number>();
  for (const line of (await answer.text()).split("\n")) {
    const [, name, value] = /^(\w+(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) samples.set(name, Number(value));
  }
  return samples;
}

/** How much `name` grew, all its labels together unless it names one. */
export function growth(before: Samples, after: Samples, name: string): number {
  let sum = 0;
  for (const [key, value] of after) {
    if (key === name || key.startsWith(`${name}{`)) sum += value - (before.get(key) ?? 0);
  }
  return sum;
}
