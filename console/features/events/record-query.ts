import { queryOptions } from "@tanstack/react-query";
import { api } from "../../lib/api.ts";
import { type RecordParams, readRecord } from "./read-record.ts";
import { readWholeRecord } from "./whole-record.ts";

/** Behind its last view: long enough to step back and forth between rows. */
const KEPT_MS = 10_000;

/** One event with its bytes; null where there is none at that offset. */
export const recordQuery = (params: RecordParams) =>
  queryOptions({
    queryKey: ["record", params],
    queryFn: ({ signal }) =>
      params.isWhole ? readWholeRecord(params, signal) : readRecord(api, params, signal),
    // An event never changes; one that is not there may not be written yet.
    staleTime: ({ state }) => (state.data === null ? 0 : Number.POSITIVE_INFINITY),
    // It may be of megabytes, and the topic may be created anew.
    gcTime: KEPT_MS,
  });
