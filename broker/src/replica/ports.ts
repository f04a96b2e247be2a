/** What the parts above plug into partitions. */
import type { ErrorCode } from "@runnel/protocol/errors.ts";

/** A producer that wants to write to a partition within its transaction. */
export interface Admission {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly topic: string;
  readonly partition: number;
  /** Adds the partition where it is not in the transaction yet (KIP-890); else it must be there. */
  readonly mayAdd: boolean;
}

/**
 * The coordinator of transactions, asked before a producer's first batch in a partition: without it a
 * batch that comes late would open a transaction that nobody ends.
 */
export interface TransactionGate {
  /**
   * NONE where the partition is in the open transaction of that producer and epoch, durably. Waits a
   * while for a transaction that is just ending (CONCURRENT_TRANSACTIONS).
   */
  admit(admission: Admission): Promise<ErrorCode>;
}
