/** What tests of partitions share. */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import type { TransactionGate } from "./ports.ts";

/** A coordinator that knows no transaction. */
export const NO_GATE: TransactionGate = {
  admit: () => Promise.resolve(ErrorCode.INVALID_TXN_STATE),
};
