/** Transfers between accounts, each known from its number, and what its two halves in the outputs must be. */
export const ACCOUNTS = 12;
const AMOUNT_SPAN = 100;

/** `from:to:amount` of a transfer. */
export function transferOf(number: number): string {
  return `${number % ACCOUNTS}:${(number * 5 + 1) % ACCOUNTS}:${1 + (number % AMOUNT_SPAN)}`;
}

export interface Output {
  readonly name: string;
  readonly values: readonly string[];
}

/** What is wrong whenever it is looked at: halves that are there twice, or that nobody sent. */
export function doubledIn({ name, values }: Output): string[] {
  const seen = new Set<string>();
  const findings: string[] = [];
  for (const value of values) {
    const id = idOf(value);
    if (seen.has(id)) findings.push(`duplicate: ${id} in ${name}`);
    seen.add(id);
  }
  return findings;
}

/** What is wrong when everything was processed: `sent` has how many transfers each feeder sent. */
export function checkBank(
  { debits, credits }: { readonly debits: Output; readonly credits: Output },
  sent: ReadonlyMap<string, number>,
): string[] {
  const findings = [...doubledIn(debits), ...doubledIn(credits)];
  const expected = { debits: new Set<string>(), credits: new Set<string>() };
  for (const [feeder, count] of sent) {
    for (let number = 0; number < count; number += 1) {
      const [from, to, amount] = transferOf(number).split(":");
      expected.debits.add(`${feeder}:${number}:${from}:-${amount}`);
      expected.credits.add(`${feeder}:${number}:${to}:${amount}`);
    }
  }
  findings.push(...differences(debits, expected.debits));
  findings.push(...differences(credits, expected.credits));
  const sum = [...debits.values, ...credits.values].reduce((all, value) => {
    return all + Number(value.split(":")[3]);
  }, 0);
  if (sum !== 0) findings.push(`sum: ${debits.name} and ${credits.name} add up to ${sum}`);
  return findings;
}

function differences({ name, values }: Output, expected: ReadonlySet<string>): string[] {
  const found = new Set(values);
  const lost = [...expected].filter((value) => !found.has(value));
  const foreign = [...found].filter((value) => !expected.has(value));
  return [
    ...lost.map((value) => `lost: ${value} is not in ${name}`),
    ...foreign.map((value) => `foreign: ${value} is in ${name}`),
  ];
}

const idOf = (value: string): string => value.split(":").slice(0, 2).join(":");
