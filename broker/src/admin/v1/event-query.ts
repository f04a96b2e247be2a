/** What a request says of the events it wants, as browsing understands it. */
import {
  type EventPlace,
  parseKey,
  parsePartitions,
  parsePlace,
} from "@runnel/contracts/event-places.ts";
import { BUCKETS_DEFAULT, FIELD_LENGTH_DEFAULT } from "@runnel/contracts/events.ts";
import type { Condition } from "@runnel/contracts/filter-model.ts";
import { conditionOf, parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { FieldError } from "@runnel/contracts/problem.ts";
import type { QueryOf } from "@runnel/contracts/routes.ts";
import type {
  EventQuery,
  HistogramQuery,
  LatestQuery,
  PartitionChoice,
  Position,
  ScanOptions,
} from "#browse/query.ts";
import { Refusal } from "../problem.ts";
import type { Caller } from "./caller.ts";
import { committedOf, groupFor } from "./group-view.ts";
import type { V1Services } from "./services.ts";

/** What is asked of a range of events. */
type Asked = QueryOf<"readKey"> | QueryOf<"readEvents">;
/** What all questions about events may say. */
type AskedEvents = Pick<
  QueryOf<"readEvents">,
  "filter" | "key" | "keyDecoder" | "valueDecoder" | "fieldLength" | "raw"
>;

/** Collects what is wrong with the fields of a query. */
class FieldErrors {
  readonly #errors: FieldError[] = [];

  add(field: string, message: string): void {
    this.#errors.push({ in: "query", field, message });
  }

  /** Throws the refusal that names them all, if there are any. */
  throwIfAny(): void {
    const [first] = this.#errors;
    if (first === undefined) return;
    throw new Refusal("invalid-request", {
      detail: `${first.field}: ${first.message}`,
      remedy: "Correct the fields named in `errors`; /openapi.json says what each may be.",
      errors: this.#errors,
    });
  }
}

/** How events are shown. */
export function formOf(asked: AskedEvents): ScanOptions["form"] {
  return {
    keyDecoder: asked.keyDecoder ?? "auto",
    valueDecoder: asked.valueDecoder ?? "auto",
    lengthMax: asked.fieldLength ?? FIELD_LENGTH_DEFAULT,
    withRaw: asked.raw === true,
  };
}

/** The query of a request. Throws a `Refusal` that names every field that makes no sense. */
export async function eventQueryOf(
  topic: string,
  asked: Asked,
  caller: Caller,
  services: V1Services,
): Promise<EventQuery> {
  const errors = new FieldErrors();
  const partitions = choiceOf(asked.partitions, errors);
  const condition = readCondition(asked, errors);
  const isLive = "live" in asked && asked.live === true;
  if (isLive) refuseBounds(asked, errors);
  const from = readPlace("from", asked.from ?? "earliest", errors);
  const to = readPlace("to", asked.to ?? "latest", errors);
  errors.throwIfAny();
  const position = (place: EventPlace | null): Promise<Position> =>
    positionOf(place ?? { kind: "latest" }, topic, caller, services);
  return {
    topic,
    partitions,
    order: isLive ? "oldest" : (asked.order ?? "newest"),
    from: isLive ? { kind: "latest" } : await position(from),
    to: await position(to),
    condition,
    hasControl: "control" in asked && asked.control === true,
  };
}

function refuseBounds(asked: Asked, errors: FieldErrors): void {
  for (const field of ["order", "from", "to", "limit", "maxBytes", "maxMs"] as const) {
    if (asked[field] !== undefined) errors.add(field, "goes with a search, not with a live stream");
  }
}

/** What a request wants of the latest events. Throws a `Refusal` that names every wrong field. */
export function latestQueryOf(topic: string, asked: QueryOf<"readLatest">): LatestQuery {
  const errors = new FieldErrors();
  const partitions = choiceOf(asked.partitions, errors);
  const condition = readCondition(asked, errors);
  const place = parsePlace(asked.at ?? "latest");
  if (place?.kind !== "latest" && place?.kind !== "time") {
    errors.add("at", "must be `time:1700000000000`, or a date with time and zone behind `time:`");
  }
  errors.throwIfAny();
  const atMs = place?.kind === "time" ? place.timestamp : null;
  return { topic, partitions, condition, atMs, hasTombstones: asked.tombstones === true };
}

/** What a request wants counted. Throws a `Refusal` that names every field that makes no sense. */
export function histogramQueryOf(topic: string, asked: QueryOf<"getHistogram">): HistogramQuery {
  const errors = new FieldErrors();
  const partitions = choiceOf(asked.partitions ?? "all", errors);
  const fromMs = readTime("from", asked.from ?? "earliest", errors);
  const toMs = readTime("to", asked.to ?? "latest", errors);
  if (fromMs !== null && toMs !== null && toMs <= fromMs) errors.add("to", "must be behind `from`");
  errors.throwIfAny();
  return { topic, partitions, fromMs, toMs, bucketsMax: asked.buckets ?? BUCKETS_DEFAULT };
}

/** Null for an end of the log. */
function readTime(field: "from" | "to", text: string, errors: FieldErrors): number | null {
  const place = parsePlace(text);
  if (place?.kind === "time") return place.timestamp;
  const end = field === "from" ? "earliest" : "latest";
  if (place?.kind !== end) errors.add(field, `must be \`${end}\` or \`time:1700000000000\``);
  return null;
}

function choiceOf(text: string | undefined, errors: FieldErrors): PartitionChoice {
  if (text === undefined) return { kind: "auto" };
  if (text === "all") return { kind: "all" };
  const partitions = parsePartitions(text);
  if (partitions === null) errors.add("partitions", "must be `all`, or numbers as `0,3,5-9`");
  return { kind: "some", partitions: partitions ?? [] };
}

/** What filter and key ask for together. */
function readCondition({ filter, key }: AskedEvents, errors: FieldErrors): Condition | null {
  const conditions: Condition[] = [];
  if (key !== undefined) {
    const bytes = parseKey(key);
    if (bytes === null) errors.add("key", "behind `b:` there must be base64url");
    else conditions.push(keyCondition(bytes));
  }
  const parsed = parseFilter(filter ?? "");
  if (parsed.kind === "error") {
    errors.add("filter", `at ${parsed.start}: ${parsed.message}`);
    return null;
  }
  const rest = conditionOf(parsed.chips);
  if (rest !== null) conditions.push(rest);
  const [only = null] = conditions;
  return conditions.length < 2 ? only : { kind: "all", conditions };
}

function keyCondition(key: Uint8Array): Condition {
  const hex = Buffer.from(key).toString("hex");
  return {
    kind: "compare",
    field: { kind: "key", path: [] },
    operator: "equals",
    operand: { kind: "bytes", hex },
  };
}

function readPlace(field: string, text: string, errors: FieldErrors): EventPlace | null {
  const place = parsePlace(text);
  if (place === null) {
    const forms = "`earliest`, `latest`, `offset:42`, `time:1700000000000` or `group:billing`";
    errors.add(field, `must be ${forms}`);
  }
  return place;
}

async function positionOf(
  place: EventPlace,
  topic: string,
  caller: Caller,
  services: V1Services,
): Promise<Position> {
  if (place.kind !== "group") return place;
  await groupFor(services, caller, "describe", place.group);
  const committed = await committedOf(services, place.group);
  const partitions = committed.find((one) => one.topic === topic)?.partitions ?? [];
  const offsets = new Map(partitions.map(({ partition, value }) => [partition, value.offset]));
  return { kind: "offsets", origin: `group ${place.group}`, offsets };
}
