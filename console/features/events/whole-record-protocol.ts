/** What page and worker say to each other about an event to be read whole: one question, one answer. */
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { Problem } from "@runnel/contracts/problem.ts";
import type { RecordParams } from "./read-record.ts";

export interface WholeRecordQuestion {
  /** Of the admin API, with its origin: a worker may have none. */
  readonly baseUrl: string;
  readonly params: RecordParams;
}

export type WholeRecordAnswer =
  | { readonly kind: "read"; readonly record: DecodedRecord | null }
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "failed"; readonly message: string };
