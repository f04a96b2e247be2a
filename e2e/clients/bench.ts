/** What a scenario works with. */
import type { CallName, Client, ClientKind, ConsumedRecord, Feature, Position } from "./calls.ts";

export const READ_WITHIN_MS = 20_000;

/** `client`, `support` and `topic` are usable inside tests only. */
export interface Bench {
  readonly kind: ClientKind;
  /** The client under test. */
  readonly client: Client;
  /** A second client that prepares and checks what is not under test. */
  readonly support: Client;
  /** A fresh topic. */
  topic(partitions: number, configs?: Readonly<Record<string, string>>): Promise<string>;
  /** A fresh name for a consumer or group. */
  name(word: string): string;
  /** A test of what the client has; otherwise it is shown as skipped with the reason. */
  test(name: string, needs: readonly (CallName | Feature)[], run: () => Promise<void>): void;
}

/** Opens a consumer, reads `count` records and closes it again. */
export async function readAll(
  client: Client,
  consumer: string,
  topic: string,
  partitions: readonly number[],
  count: number,
  from: Position = { kind: "beginning" },
): Promise<readonly ConsumedRecord[]> {
  await client.open({ consumer, topic, partitions, from });
  const records = await client.read({ consumer, count, withinMs: READ_WITHIN_MS });
  await client.close({ consumer });
  return records;
}
