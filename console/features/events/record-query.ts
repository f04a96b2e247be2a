import { queryOptions } from "@tanstack/react-query";
import { api } from "../../lib/api.ts";
import { type RecordParams, readRecord } from "./read-record.ts";
import { readWholeRecord } from "./whole-record.ts";

/** One event with its bytes; null where there is none at that offset. */
export const recordQuery = (params: RecordParams) =>
  queryOptions({
    queryKey: ["record", params],
    queryFn: ({ signal }) =>
      params.isWhole ? readWholeRecord(params, signal) : readRecord(api, params, signal),
    // An event never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
