/** How outcomes of transactions are said in each version. */
import { DecodeError } from "@runnel/kit/errors.ts";
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { IDS_PER_REQUEST_MAX } from "#coordinator/txn/limits.ts";

/** Clients before KIP-588 know a fenced producer by its epoch. */
export function fencedAsEpoch(
  errorCode: ErrorCode,
  apiVersion: number,
  fencedSince: number,
): ErrorCode {
  return errorCode === ErrorCode.PRODUCER_FENCED && apiVersion < fencedSince
    ? ErrorCode.INVALID_PRODUCER_EPOCH
    : errorCode;
}

/** The first version of AddPartitionsToTxn, AddOffsetsToTxn and EndTxn that may answer PRODUCER_FENCED. */
export const FENCED_SINCE = 2;

/** Throws `DecodeError` for more transactional ids in one request than anybody has to ask for. */
export function checkTransactionCount(count: number): void {
  if (count <= IDS_PER_REQUEST_MAX) return;
  throw new DecodeError(
    `${count} transactional ids in one request, at most ${IDS_PER_REQUEST_MAX}`,
  );
}
