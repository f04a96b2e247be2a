/** A transactional producer inside the broker of a rig: what its requests would come to. */
import { assert } from "@runnel/kit/assert.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import { buildBatch } from "@runnel/protocol/records/build.ts";
import { appendBatch } from "#replica/append.ts";
import type { Partition } from "#replica/partition.ts";
import type { AdminRig } from "./rig.ts";

export interface Identity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Begins under `transactionalId`, in the protocol that is negotiated. */
export async function begin(
  rig: AdminRig,
  transactionalId: string,
  timeoutMs = 60_000,
): Promise<Identity> {
  const { transactions } = rig.node.services;
  await rig.run(transactions.start());
  const input = { transactionalId, timeoutMs, expected: null };
  const found = await rig.run(transactions.initProducerId(input));
  check(found.errorCode);
  return { producerId: found.producerId, producerEpoch: found.producerEpoch };
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export function partitionAt(rig: AdminRig, { topic, partition }: Place): Partition {
  const topicId = rig.node.image.topicsByName.get(topic)?.id ?? "";
  const found = rig.node.services.replicas.find(topicId, partition);
  assert(found.kind === "open", `${topic}-${partition} is ${found.kind}`);
  return found.partition;
}

/** One event in the producer's transaction, of which the coordinator is told unless `isSecret`. */
export async function send(
  rig: AdminRig,
  producer: Identity & { readonly transactionalId: string },
  { sequence = 0, isSecret = false, ...place }: Place & { sequence?: number; isSecret?: boolean },
): Promise<void> {
  const { transactionalId, producerId, producerEpoch } = producer;
  const timestamp = rig.world.clock.nowMs();
  const batch = buildBatch({
    records: [{ key: null, value: new TextEncoder().encode("v"), timestamp }],
    producerId,
    producerEpoch,
    baseSequence: sequence,
    isTransactional: true,
  });
  const transaction = { transactionalId, mayAdd: true, knowsAbortable: true };
  const gate = { admit: () => Promise.resolve(ErrorCode.NONE) };
  const context = isSecret ? { ...rig.node.services.append, gate } : rig.node.services.append;
  const request = { acks: -1, timeoutMs: 1_000, allowsZstd: true, transaction };
  const appended = appendBatch(context, partitionAt(rig, place), batch, request);
  check((await rig.run(Promise.resolve(appended))).errorCode);
}

export async function end(
  rig: AdminRig,
  producer: Identity & { readonly transactionalId: string },
  isCommit: boolean,
): Promise<Identity> {
  const { transactionalId, producerId, producerEpoch } = producer;
  const input = { transactionalId, producerId, producerEpoch, isCommit, bumpsEpoch: true };
  const found = await rig.run(rig.node.services.transactions.endTransaction(input));
  check(found.errorCode);
  return { producerId: found.producerId, producerEpoch: found.producerEpoch };
}

function check(errorCode: ErrorCode): void {
  assert(errorCode === ErrorCode.NONE, errorName(errorCode));
}
