/** What is known of two events besides their values, and whether it is the same. */
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";

export interface Fact {
  readonly name: string;
  readonly before: Shown;
  readonly after: Shown;
  readonly isSame: boolean;
}

/** What stands in a cell. */
export type Shown =
  | { readonly kind: "text"; readonly text: string }
  /** In our words, which are no part of the event: null, empty, not there. */
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "time"; readonly at: number };

const WORDS_MAX = 500;
/** What stands before the first difference, where that is farther on. */
const LEAD_CHARS = 12;

/** Key and metadata. */
export function metadataOf(before: DecodedRecord, after: DecodedRecord): readonly Fact[] {
  const fact = (name: string, of: (record: DecodedRecord) => string | number): Fact => ({
    name,
    before: { kind: "text", text: String(of(before)) },
    after: { kind: "text", text: String(of(after)) },
    isSame: of(before) === of(after),
  });
  return [
    fact("Partition", ({ partition }) => partition),
    fact("Offset", ({ offset }) => offset),
    {
      name: "Time",
      before: timeOf(before),
      after: timeOf(after),
      isSame: before.timestamp === after.timestamp,
    },
    fact("Kind of time", ({ timestampType }) =>
      timestampType === "createTime" ? "when it was made" : "when it was appended",
    ),
    { name: "Key", ...payloads(before.key, after.key) },
    { name: "Size of the value", ...sizes(before.value, after.value) },
    fact("Read as", ({ value }) => value.decoder),
    fact("Producer", ({ batch }) => batch.producerId ?? "without an id"),
    fact("Compression", ({ batch }) => batch.compression),
    fact("In a transaction", ({ batch }) => (batch.isTransactional ? "yes" : "no")),
    fact("Leader epoch", ({ batch }) => batch.leaderEpoch),
  ];
}

function timeOf({ timestamp }: DecodedRecord): Shown {
  return timestamp === null ? { kind: "word", text: "none" } : { kind: "time", at: timestamp };
}

/** By name; of several of one name, in their order. */
export function headersOf(before: DecodedRecord, after: DecodedRecord): readonly Fact[] {
  const [left, right] = [numbered(before), numbered(after)];
  return [...new Set([...left.keys(), ...right.keys()])].map((name) => ({
    name: `Header ${name}`,
    ...payloads(left.get(name), right.get(name)),
  }));
}

const HEADERS_MAX = 200;

function numbered({ headers }: DecodedRecord): ReadonlyMap<string, DecodedPayload> {
  const found = new Map<string, DecodedPayload>();
  for (const { name, value } of headers.slice(0, HEADERS_MAX)) {
    let unique = name;
    for (let count = 2; found.has(unique); count += 1) unique = `${name} (${count})`;
    found.set(unique, value);
  }
  return found;
}

type Compared = Omit<Fact, "name">;

/** A size in full where its rounded form hides the difference. */
function sizes(before: DecodedPayload, after: DecodedPayload): Compared {
  const [from, to] = [before.sizeBytes, after.sizeBytes];
  const isSame = from === to;
  const isHidden = !isSame && formatBytes(from) === formatBytes(to);
  const show = (bytes: number | null): Shown =>
    bytes === null
      ? { kind: "word", text: "tombstone" }
      : { kind: "text", text: isHidden ? `${formatCount(bytes)} B` : formatBytes(bytes) };
  return { before: show(from), after: show(to), isSame };
}

/** Undefined for a header that is not there. */
function payloads(before: DecodedPayload | undefined, after: DecodedPayload | undefined): Compared {
  const isSame = before === undefined || after === undefined ? false : isEqual(before, after);
  const start = isSame ? 0 : differenceOf(before?.text ?? "", after?.text ?? "");
  return { before: shown(before, start), after: shown(after, start), isSame };
}

/** As far as they were sent. */
function isEqual(before: DecodedPayload, after: DecodedPayload): boolean {
  if (before.sizeBytes !== after.sizeBytes) return false;
  const [one, other] = [payloadOf(before), payloadOf(after)];
  if (one === undefined || other === undefined) return before.text === after.text;
  return one?.encoding === other?.encoding && one?.data === other?.data;
}

/** Where the texts begin to differ; 0 where they do not, and where one sees it without help. */
function differenceOf(before: string, after: string): number {
  if (before === after) return 0;
  let at = 0;
  while (at < before.length && before[at] === after[at]) at += 1;
  return at <= LEAD_CHARS * 2 ? 0 : at - LEAD_CHARS;
}

function shown(payload: DecodedPayload | undefined, start: number): Shown {
  if (payload === undefined) return { kind: "word", text: "not there" };
  const { sizeBytes, text } = payload;
  if (sizeBytes === null) return { kind: "word", text: "null" };
  if (text === "") return { kind: "word", text: "empty" };
  const part = text.slice(start, start + WORDS_MAX);
  return { kind: "text", text: start === 0 ? part : `… ${part}` };
}
