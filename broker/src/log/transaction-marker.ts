/** What the coordinator of transactions writes into every partition of one that has ended. */

export interface TransactionMarker {
  readonly producerId: bigint;
  /** The producer's epoch; of transactions V2 (KIP-890) the next one, so that late batches are refused. */
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly isCommit: boolean;
  /** 0 and 1: the classic protocol; 2: KIP-890. Decides what an epoch must be (KIP-1228). */
  readonly transactionVersion: number;
}
