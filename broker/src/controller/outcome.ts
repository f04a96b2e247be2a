/** What an administrative operation came to, for one topic or resource. */
import { ErrorCode } from "@runnel/protocol/errors.ts";

export interface Outcome {
  readonly errorCode: ErrorCode;
  /** What is wrong and what to do about it; null without an error. */
  readonly message: string | null;
}

export const OK: Outcome = { errorCode: ErrorCode.NONE, message: null };

export function failed(errorCode: ErrorCode, message: string): Outcome {
  return { errorCode, message };
}
