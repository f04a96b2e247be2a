/** An event that is being written: what the form holds, and the record that it amounts to. */
import type { Payload } from "@runnel/contracts/common.ts";
import type { NewRecord } from "@runnel/contracts/records.ts";
import { bootstrapFlag, sayLine, shellQuote } from "../../lib/snippets.ts";

/** `none`: a tombstone, which differs from an empty text. */
export type ValueForm = "json" | "text" | "base64" | "none";

/** A key that nothing was typed for is none; one of no bytes has to be asked for. */
export type KeyForm = "text" | "base64" | "empty";

export interface DraftHeader {
  readonly name: string;
  readonly value: string;
}

export interface EventDraft {
  readonly key: string;
  readonly keyForm: KeyForm;
  readonly value: string;
  readonly valueForm: ValueForm;
  readonly headers: readonly DraftHeader[];
  /** As typed; empty: by the key. */
  readonly partition: string;
  /** Null: now. `unclear`: what is typed is no time. */
  readonly timestamp: number | null | "unclear";
  /** How often the same. */
  readonly count: string;
  /** How many a second; empty: all at once. */
  readonly rate: string;
  /** Whether `{{n}}`, `{{uuid}}` and `{{now}}` are filled in, anew for each event. */
  readonly fills: boolean;
}

export const EMPTY_EVENT: EventDraft = {
  key: "",
  keyForm: "text",
  value: "",
  valueForm: "json",
  headers: [],
  partition: "",
  timestamp: null,
  count: "1",
  rate: "",
  fills: false,
};

export const COUNT_MAX = 1_000;
export const RATE_MAX = 100;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** What is wrong with the draft, by field; empty if it can be sent. */
export function problemsOf(draft: EventDraft): ReadonlyMap<keyof EventDraft, string> {
  const problems = new Map<keyof EventDraft, string>();
  const json = draft.valueForm === "json" ? jsonProblem(filled(draft).value) : null;
  if (json !== null) problems.set("value", json);
  if (draft.valueForm === "base64" && !BASE64.test(draft.value.trim())) {
    problems.set("value", "This is not base64");
  }
  if (draft.keyForm === "base64" && !BASE64.test(draft.key.trim())) {
    problems.set("key", "This is not base64");
  }
  if (draft.partition !== "" && !/^\d{1,10}$/.test(draft.partition)) {
    problems.set("partition", "A partition is a number from 0");
  }
  if (draft.timestamp === "unclear") {
    problems.set("timestamp", "Write a time as 2026-11-24 05:37 or 15m, or nothing for now");
  }
  const count = Number(draft.count);
  if (!/^\d{1,4}$/.test(draft.count) || count < 1 || count > COUNT_MAX) {
    problems.set("count", `From 1 to ${COUNT_MAX}`);
  }
  const rate = Number(draft.rate);
  if (draft.rate !== "" && (!/^\d{1,3}$/.test(draft.rate) || rate < 1 || rate > RATE_MAX)) {
    problems.set("rate", `From 1 to ${RATE_MAX}`);
  }
  return problems;
}

/** What is filled in. */
export interface Filling {
  /** From 1. */
  readonly n: number;
  readonly now: number;
  readonly uuid: () => string;
}

const SAMPLE: Filling = { n: 1, now: 0, uuid: () => "00000000-0000-4000-8000-000000000000" };

/** The draft with its placeholders filled in, where it has that. What is base64 stays as it is. */
export function filled(draft: EventDraft, filling: Filling = SAMPLE): EventDraft {
  if (!draft.fills) return draft;
  const fill = (text: string): string =>
    text.replaceAll(/\{\{(n|uuid|now)\}\}/g, (_, name: string) =>
      name === "uuid" ? filling.uuid() : String(name === "n" ? filling.n : filling.now),
    );
  return {
    ...draft,
    key: draft.keyForm === "text" ? fill(draft.key) : draft.key,
    value: draft.valueForm === "base64" ? draft.value : fill(draft.value),
    headers: draft.headers.map(({ name, value }) => ({ name, value: fill(value) })),
  };
}

/** Why the text is no JSON, with the line; null if it is. */
export function jsonProblem(text: string): string | null {
  if (text.trim() === "") return "JSON cannot be empty: choose Text for an empty value";
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(message)?.[1];
    const line = at === undefined ? null : text.slice(0, Number(at)).split("\n").length;
    const reason = message.replace(/ in JSON at position.*$| \(line .*$/, "");
    return line === null ? reason : `Line ${line}: ${reason}`;
  }
}

/** What is sent, byte for byte as typed. The draft must have no problems. */
export function toRecord(draft: EventDraft): NewRecord {
  return {
    key: keyOf(draft),
    value: toPayload(draft.value, draft.valueForm),
    ...(draft.headers.length === 0
      ? {}
      : {
          headers: draft.headers.map(({ name, value }) => ({
            name,
            value: { encoding: "utf8" as const, data: value },
          })),
        }),
    ...(draft.partition === "" ? {} : { partition: Number(draft.partition) }),
    ...(typeof draft.timestamp === "number" ? { timestamp: draft.timestamp } : {}),
  };
}

/** As many as were asked for, from number `first` on, at most `max`. */
export function toRecords(
  draft: EventDraft,
  { first = 1, max = COUNT_MAX }: { readonly first?: number; readonly max?: number } = {},
): NewRecord[] {
  const count = Math.max(0, Math.min(max, Number(draft.count) - first + 1));
  const now = Date.now();
  const uuid = (): string => crypto.randomUUID();
  return Array.from({ length: count }, (_, index) =>
    toRecord(filled(draft, { n: first + index, now, uuid })),
  );
}

function keyOf({ key, keyForm }: EventDraft): Payload | null {
  if (keyForm === "empty") return { encoding: "utf8", data: "" };
  return key === "" ? null : toPayload(key, keyForm);
}

function toPayload(text: string, form: ValueForm): Payload | null {
  if (form === "none") return null;
  return form === "base64"
    ? { encoding: "base64", data: text.trim() }
    : { encoding: "utf8", data: text };
}

/** The same by the command line, which takes lines; null where it has no way to say it. */
export function toCommand(topic: string, draft: EventDraft, bootstrap: string): string | null {
  const { key, keyForm, value, valueForm, headers, partition, timestamp } = filled(draft);
  if (keyForm !== "text" || valueForm === "base64" || valueForm === "none") return null;
  if (/[\r\n]/.test(value) && valueForm === "text") return null;
  if (timestamp !== null) return null;
  const line = valueForm === "json" ? value.replaceAll(/\s*[\r\n]\s*/g, " ") : value;
  const flags = [
    ...(key === "" ? [] : [` --key ${shellQuote(key)}`]),
    ...headers.map((header) => ` --header ${shellQuote(`${header.name}=${header.value}`)}`),
    ...(partition === "" ? [] : [` --partition ${partition}`]),
    bootstrapFlag(bootstrap),
  ];
  return `${sayLine(line)} | npx runnel produce ${shellQuote(topic || "TOPIC")}${flags.join("")}`;
}

/** The same by HTTP. */
export function toHttp(topic: string, draft: EventDraft, admin: string): string {
  const body = JSON.stringify({ records: [toRecord(filled(draft))] });
  const path = `/v1/topics/${encodeURIComponent(topic || "TOPIC")}/events`;
  return `curl -X POST http://${admin}${path} \\\n  -H 'content-type: application/json' \\\n  -d ${shellQuote(body)}`;
}
