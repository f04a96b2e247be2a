/**
 * What is open in partitions of this broker, whose it is, and whether anybody coordinates it.
 *
 * A transaction is in its coordinator's record before its first event is in a partition, and stays there
 * until every partition has its marker. So what is still open once the coordinator has been asked, and
 * was not known to it, hangs: no clock has to say so.
 */
import type { Holder } from "@runnel/contracts/transactions.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { hasPartition, isPrepared, type TransactionValue } from "#coordinator/txn/model.ts";
import type { ProducerEntry } from "#log/producer-state.ts";
import type { Partition } from "#replica/partition.ts";
import { type Caller, isAllowed } from "./caller.ts";
import { refuseUnlessNone } from "./kafka-problem.ts";
import type { V1Services } from "./services.ts";

/** A producer's open transaction in one partition. */
export interface OpenTransaction {
  readonly partition: Partition;
  readonly entry: ProducerEntry;
  readonly startOffset: number;
}

/** What is open in `partition`, the first begun first. */
export function* openIn(partition: Partition): Generator<OpenTransaction, void> {
  const { producers } = partition.log;
  for (const [producerId, startOffset] of producers.transactions.open) {
    const entry = producers.entryOf(producerId);
    if (entry !== undefined) yield { partition, entry, startOffset };
  }
}

/** What the last stable offset of `partition` waits for; null where nothing holds it. */
function holding(partition: Partition): OpenTransaction | null {
  if (partition.lastStableOffset >= partition.highWatermark) return null;
  const first = openIn(partition).next();
  return first.done === true ? null : first.value;
}

/** A transaction under way, by its coordinator. */
interface Owner {
  readonly transactionalId: string;
  readonly value: TransactionValue;
}

/** The transactions under way of producers, by their ids; null while they are being loaded. */
export async function ownersOf(
  producerIds: ReadonlySet<bigint>,
  { transactions }: Pick<V1Services, "transactions">,
): Promise<ReadonlyMap<bigint, Owner> | null> {
  const owners = new Map<bigint, Owner>();
  if (producerIds.size === 0) return owners;
  const errorCode = await transactions.visit((transactionalId, value) => {
    const isUnderWay = value.state === "Ongoing" || isPrepared(value);
    if (isUnderWay && producerIds.has(value.producerId)) {
      owners.set(value.producerId, { transactionalId, value });
    }
  });
  if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) return null;
  refuseUnlessNone(errorCode, { subject: "transactions" });
  return owners;
}

/** Says whose an open transaction is; null for one that ended while the coordinator was asked. */
export type Judge = (open: OpenTransaction) => Holder | null;

/** Asks the coordinator about `opens`: of no others does the judge know anything. */
export async function judgeOf(
  opens: readonly OpenTransaction[],
  services: V1Services,
  caller: Caller,
): Promise<Judge> {
  const owners = await ownersOf(new Set(opens.map(({ entry }) => entry.producerId)), services);
  return (open) => {
    const { partition, entry, startOffset } = open;
    const { topicName, index } = partition.identity;
    const owner = owners?.get(entry.producerId);
    const isOwned = owner !== undefined && hasPartition(owner.value.partitions, topicName, index);
    if (!isOwned && !isStillOpen(open)) return null;
    return {
      producerId: String(entry.producerId),
      ...openView(entry, startOffset),
      transactionalId: isOwned ? visibleId(owner, services, caller) : null,
      isHanging: owners === null ? null : !isOwned,
    };
  };
}

/** Whose open transaction a partition waits for; null for none. */
export type HolderOf = (partition: Partition) => Holder | null;

/** Asks the coordinator about what holds `partitions`, which are known then. */
export async function holdersOf(
  partitions: readonly Partition[],
  services: V1Services,
  caller: Caller,
): Promise<HolderOf> {
  const held = new Map(partitions.map((partition) => [partition, holding(partition)] as const));
  const opens = [...held.values()].filter((open) => open !== null);
  const judge = await judgeOf(opens, services, caller);
  return (partition) => {
    const open = held.get(partition) ?? null;
    return open === null ? null : judge(open);
  };
}

function isStillOpen({ partition, entry, startOffset }: OpenTransaction): boolean {
  const now = partition.log.producers.entryOf(entry.producerId);
  return partition.isOpen && now?.transactionStart === startOffset;
}

/** Null where the caller may not know. */
export function visibleId(
  owner: Owner | undefined,
  services: V1Services,
  caller: Caller,
): string | null {
  const { transactionalId } = owner ?? {};
  if (transactionalId === undefined) return null;
  const isVisible = isAllowed(services, caller, "describe", "transactionalId", transactionalId);
  return isVisible ? transactionalId : null;
}

type OpenView = Pick<
  Holder,
  "producerEpoch" | "coordinatorEpoch" | "startOffset" | "lastWrittenAt"
>;

export function openView(entry: ProducerEntry, startOffset: number): OpenView {
  return {
    producerEpoch: entry.epoch,
    coordinatorEpoch: knownOrNull(entry.coordinatorEpoch),
    startOffset,
    lastWrittenAt: knownOrNull(entry.lastTimestamp),
  };
}

/** Null for what stands for nothing. */
export const knownOrNull = (value: number): number | null => (value < 0 ? null : value);
