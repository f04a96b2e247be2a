import { queryOptions } from "@tanstack/react-query";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { type RecordParams, readRecord } from "./read-record.ts";
import { readWholeRecord } from "./whole-record.ts";

/** An event that nobody looks at any more is kept for a step there and back: it may have 16 MiB a field. */
const KEPT_MS = 20_000;

/** One event with its bytes; null where there is none at that offset. */
export const recordQuery = (params: RecordParams) =>
  queryOptions({
    // Below its topic: a topic that is deleted, or loses events, makes another one of the same name.
    queryKey: [...topicKeys.one(params.topic), "record", params],
    queryFn: ({ signal }) =>
      params.isWhole ? readWholeRecord(params, signal) : readRecord(api, params, signal),
    // An event never changes; where there is none, one may be written.
    staleTime: ({ state }) => (state.data === null ? 0 : Number.POSITIVE_INFINITY),
    gcTime: KEPT_MS,
  });
