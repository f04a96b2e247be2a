/** Searching a topic's events, and following them, as streams. */
import {
  EVENTS_DEFAULT,
  type EventStreamMessage,
  SEARCH_BYTES_DEFAULT,
  SEARCH_MS_DEFAULT,
} from "@runnel/contracts/events.ts";
import type { ProblemKind } from "@runnel/contracts/problem-kinds.ts";
import { IoError } from "@runnel/kit/errors.ts";
import type { Coverage } from "#browse/coverage.ts";
import type { ScanOptions } from "#browse/query.ts";
import { BrowseRefusal, type RefusalKind } from "#browse/refusal.ts";
import type { ScanMessage } from "#browse/scan-messages.ts";
import type { BrowseService } from "#browse/service.ts";
import type { TailMessage } from "#browse/tail.ts";
import { Refusal } from "../problem.ts";
import { eventQueryOf, formOf, latestQueryOf } from "./event-query.ts";
import { messageText, streamHead, streamResponse } from "./event-stream.ts";
import { partitionError } from "./kafka-problem.ts";
import type { Call } from "./serve.ts";
import type { V1Services } from "./services.ts";
import { topicFor } from "./topic-view.ts";

type Data<E extends EventStreamMessage["event"]> = Extract<
  EventStreamMessage,
  { readonly event: E }
>["data"];

const NO_SKIPS: Data<"done">["skips"] = { count: 0, offsets: 0, listed: [] };

export async function readEvents(
  call: Call<"readEvents">,
  services: V1Services,
): Promise<Response> {
  const { params, query, caller } = call;
  topicFor(services, caller, "read", params.topic);
  const asked = await eventQueryOf(params.topic, query, caller, services);
  return await stream(call, services, (browse, options) =>
    query.live === true ? browse.tail(asked, options) : browse.scan(asked, options),
  );
}

/** All versions of a key: a search for it, as one of its partition. */
export async function readKey(call: Call<"readKey">, services: V1Services): Promise<Response> {
  const { params, query, caller } = call;
  topicFor(services, caller, "read", params.topic);
  const asked = await eventQueryOf(params.topic, query, caller, services);
  return await stream(call, services, (browse, options) => browse.scan(asked, options));
}

export async function readLatest(
  call: Call<"readLatest">,
  services: V1Services,
): Promise<Response> {
  const { params, query, caller } = call;
  topicFor(services, caller, "read", params.topic);
  const asked = latestQueryOf(params.topic, query);
  return await stream(call, services, (browse, options) => browse.latest(asked, options));
}

type Messages = AsyncIterable<ScanMessage | TailMessage>;

/** The answer to a search that `begin` starts; it ends when its client leaves. */
async function stream(
  call: Pick<Call<"readLatest" | "readEvents" | "readKey">, "query" | "signal" | "isHead">,
  services: V1Services,
  begin: (browse: BrowseService, options: ScanOptions) => Promise<Messages>,
): Promise<Response> {
  const { query, signal } = call;
  // Nobody would read what a search finds, nor end it.
  if (call.isHead) return streamHead();
  const control = new AbortController();
  signal.addEventListener("abort", () => control.abort(), { once: true });
  if (signal.aborted) control.abort();
  const browse = await services.browse();
  const options: ScanOptions = {
    form: formOf(query),
    cursor: query.cursor ?? null,
    signal: control.signal,
    limits: {
      results: query.limit ?? EVENTS_DEFAULT,
      bytes: query.maxBytes ?? SEARCH_BYTES_DEFAULT,
      timeMs: query.maxMs ?? SEARCH_MS_DEFAULT,
    },
  };
  const messages = await refusing(() => begin(browse, options));
  return streamResponse(texts(messages), {
    control,
    onFailure: (error) => textOf("done", failed(error)),
    logger: services.logger,
  });
}

const KINDS: Readonly<Record<RefusalKind, ProblemKind>> = {
  notFound: "not-found",
  invalid: "invalid-request",
  busy: "unavailable",
  unavailable: "unavailable",
};

/** Runs `work`; what browsing refuses becomes a refusal of the API. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BrowseRefusal)) throw error;
    const kind = KINDS[error.kind];
    const { field, message, remedy } = error;
    throw new Refusal(kind, {
      detail: message,
      remedy,
      ...(field === null ? {} : { errors: [{ in: "query", field, message }] }),
      ...(kind === "unavailable" ? { headers: { "retry-after": "5" } } : {}),
    });
  }
}

async function* texts(messages: Messages): AsyncGenerator<string, void> {
  for await (const message of messages) yield textsOf(message);
}

function textsOf(message: ScanMessage | TailMessage): string {
  switch (message.kind) {
    case "phase": {
      const waitingBefore = message.phase === "following" ? null : message.waitingBefore;
      return textOf("phase", { phase: message.phase, waitingBefore });
    }
    case "events":
      return message.events.map((json) => messageText("event", json)).join("");
    case "progress": {
      const { counts, cursor } = message;
      const partitions = "partitions" in message ? [...message.partitions] : [];
      return textOf("progress", { ...countsOf(counts), partitions, cursor });
    }
    default:
      return textOf("done", doneOf(message));
  }
}

type Done = Extract<ScanMessage | TailMessage, { readonly kind: "done" }>;

function doneOf(message: Done): Data<"done"> {
  const { reason, counts, cursor } = message;
  const rest = { reason, ...countsOf(counts), cursor, failure: null };
  if (!("coverage" in message)) {
    const nothing = { coverage: null, skips: NO_SKIPS, keyIndex: null, filterError: null };
    return { ...rest, ...nothing, isCursorTooLong: false };
  }
  const { coverage, skips, keyIndex, firstFilterError, isCursorTooLong } = message;
  return {
    ...rest,
    isCursorTooLong,
    coverage: coverageOf(coverage),
    skips: { ...skips, listed: [...skips.listed] },
    keyIndex,
    filterError: firstFilterError,
  };
}

/** The coverage of an answer, in the words of the API. */
export function coverageOf({
  partitions,
  missing,
  ...rest
}: Coverage): NonNullable<Data<"done">["coverage"]> {
  return {
    ...rest,
    partitions: [...partitions],
    missing: missing.map(({ partition, errorCode }) => {
      return { partition, error: partitionError(errorCode) ?? "" };
    }),
  };
}

type Counts = Pick<
  Data<"done">,
  "records" | "bytes" | "matches" | "filterErrors" | "bytesInRange" | "passedBytes" | "dropped"
>;

function countsOf(counts: Partial<Counts>): Counts {
  const { records = 0, bytes = 0, matches = 0, filterErrors = 0 } = counts;
  const { bytesInRange = null, passedBytes = 0, dropped = 0 } = counts;
  return { records, bytes, matches, filterErrors, bytesInRange, passedBytes, dropped };
}

function failed(error: unknown): Data<"done"> {
  return {
    reason: "failed",
    ...countsOf({}),
    cursor: null,
    isCursorTooLong: false,
    coverage: null,
    skips: NO_SKIPS,
    keyIndex: null,
    filterError: null,
    failure: error instanceof IoError ? error.message : "the broker met a bug; its log says more",
  };
}

function textOf<E extends EventStreamMessage["event"]>(event: E, data: Data<E>): string {
  return messageText(event, JSON.stringify(data));
}
