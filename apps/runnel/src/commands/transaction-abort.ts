/** `runnel transaction abort`. */
import { CommandError, UsageError } from "../cli/failure.ts";
import { formatCount, formatTime } from "../cli/format.ts";
import { parseInteger } from "../cli/values.ts";
import type { Cluster } from "../kafka/cluster.ts";
import { partitionsOf, topicOf } from "../kafka/offsets.ts";
import {
  abortInPartition,
  abortTransaction,
  listTransactions,
  type OpenTransaction,
  openTransactions,
  UNDER_WAY,
} from "../kafka/transactions.ts";
import { type ClientFlags, type Session, withCluster } from "./client.ts";
import { parseTopicChoice, type TopicChoice } from "./group-write.ts";

export interface AbortFlags extends ClientFlags {
  readonly topic?: string;
  readonly producerId?: string;
  readonly force?: boolean;
}

/** Producers with something open in a partition that a message names. */
const NAMED_MAX = 10;

export async function abort(id: string | undefined, flags: AbortFlags): Promise<void> {
  const { topic, producerId } = flags;
  if (id !== undefined) {
    if (topic !== undefined || producerId !== undefined) {
      throw new UsageError("give a transactional id, or --topic with --producer-id, not both");
    }
    await withCluster(flags, (session) => abortById(session, id));
    return;
  }
  if (topic === undefined) throw new UsageError("give a transactional id, or --topic");
  const choice = parseTopicChoice(topic);
  const producer =
    producerId === undefined ? null : BigInt(parseInteger(producerId, "--producer-id"));
  const isForced = flags.force === true;
  await withCluster(flags, (session) => abortByPlace(session, choice, { producer, isForced }));
}

async function abortById({ cluster, output, isJson }: Session, id: string): Promise<void> {
  const { partitions, producerId } = await abortTransaction(cluster, id);
  if (isJson) {
    await output.json({ transactionalId: id, producerId: Number(producerId), partitions });
    return;
  }
  const where = partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(", ");
  await output.write(`Transaction of "${id}" aborted in ${where}.\n`);
}

async function abortByPlace(
  { cluster, output, isJson }: Session,
  { topic: name, partitions }: TopicChoice,
  { producer: producerId, isForced }: { producer: bigint | null; isForced: boolean },
): Promise<void> {
  const topic = topicOf(await cluster.describe([name]), name);
  const open = await openTransactions(cluster, topic, partitionsOf(topic, partitions));
  if (producerId === null) throw new CommandError(whatIsOpen(name, open));
  const hanging = open.filter((each) => each.producerId === producerId);
  if (hanging.length === 0) {
    const nothing = `producer ${producerId} has no transaction open there`;
    throw new CommandError(`${nothing}: ${whatIsOpen(name, open)}`);
  }
  if (!isForced) await checkNotCoordinated(cluster, producerId);
  for (const each of hanging) await abortInPartition(cluster, topic, each);
  const places = hanging.map(({ partition, startOffset }) => {
    return { topic: name, partition, startOffset: Number(startOffset) };
  });
  if (isJson) {
    await output.json({ producerId: Number(producerId), partitions: places });
    return;
  }
  for (const { partition, startOffset } of places) {
    const since = formatCount(startOffset);
    await output.write(
      `Transaction of producer ${producerId} aborted in ${name}-${partition}, from offset ${since}.\n`,
    );
  }
}

/** A transaction that has a coordinator would be aborted here and committed elsewhere. */
async function checkNotCoordinated(cluster: Cluster, producerId: bigint): Promise<void> {
  const all = await listTransactions(cluster, { states: [], longerThanMs: null });
  const owner = all.find((each) => each.producerId === producerId && UNDER_WAY.has(each.state));
  if (owner === undefined) return;
  throw new CommandError(
    `producer ${producerId} has the transactional id "${owner.id}", whose transaction is under way: ` +
      `abort all of it with "runnel transaction abort ${owner.id}", or only what is here with --force`,
  );
}

function whatIsOpen(topic: string, open: readonly OpenTransaction[]): string {
  if (open.length === 0) return `no transaction is open in topic "${topic}"`;
  const named = open.slice(0, NAMED_MAX).map((each) => {
    const { producerId, partition, startOffset, lastWrittenAt } = each;
    return (
      `producer ${producerId} in partition ${partition} from offset ${formatCount(startOffset)}` +
      ` (last written ${formatTime(lastWrittenAt)})`
    );
  });
  const others = open.length > NAMED_MAX ? ` and ${open.length - NAMED_MAX} others` : "";
  return `name one with --producer-id: ${named.join("; ")}${others}`;
}
