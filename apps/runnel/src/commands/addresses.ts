/** Where a broker listens, as its ready line says. */

export interface Addresses {
  readonly kafka: string;
  readonly admin: string | null;
}

/** What the broker's ready line says: `… kafka HOST:PORT … admin HOST:PORT`; null for other lines. */
export function addressesOf(line: string): Addresses | null {
  const kafka = /\bkafka (\S+:\d+)/.exec(line)?.[1];
  if (kafka === undefined) return null;
  return { kafka, admin: /\badmin (\S+:\d+)/.exec(line)?.[1] ?? null };
}
