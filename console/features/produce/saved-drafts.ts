/** Events that somebody wants to write again, by name; each topic has its own in this browser. */
"use client";
import { createStored, isRecord, type Stored } from "../../lib/stored.ts";
import { EMPTY_EVENT, type EventDraft, type KeyForm, type ValueForm } from "./draft.ts";

export interface SavedDraft {
  readonly name: string;
  readonly draft: EventDraft;
}

export const DRAFTS_MAX = 30;
/** A browser keeps about 5 million characters in all. */
export const DRAFT_CHARS_MAX = 64 * 1_024;
const HEADERS_MAX = 100;

const KEY_FORMS: readonly KeyForm[] = ["text", "base64", "empty"];
const VALUE_FORMS: readonly ValueForm[] = ["json", "text", "base64", "none"];

/** Whatever is no draft is left out of it; its fields fall back to those of an empty event. */
export function parseDrafts(json: unknown): readonly SavedDraft[] {
  if (!Array.isArray(json)) return [];
  return json
    .filter(isRecord)
    .flatMap(({ name, draft }) =>
      typeof name === "string" && isRecord(draft) ? [{ name, draft: parseDraft(draft) }] : [],
    )
    .slice(0, DRAFTS_MAX);
}

function parseDraft(json: Readonly<Record<string, unknown>>): EventDraft {
  const text = (name: "key" | "value" | "partition" | "count" | "rate"): string => {
    const value = json[name];
    return typeof value === "string" ? value : EMPTY_EVENT[name];
  };
  const timestamp = json["timestamp"];
  const headers = Array.isArray(json["headers"]) ? json["headers"] : [];
  return {
    key: text("key"),
    keyForm: KEY_FORMS.find((one) => one === json["keyForm"]) ?? EMPTY_EVENT.keyForm,
    value: text("value"),
    valueForm: VALUE_FORMS.find((one) => one === json["valueForm"]) ?? EMPTY_EVENT.valueForm,
    headers: headers
      .filter(isRecord)
      .flatMap(({ name, value }) =>
        typeof name === "string" && typeof value === "string" ? [{ name, value }] : [],
      )
      .slice(0, HEADERS_MAX),
    partition: text("partition"),
    timestamp: typeof timestamp === "number" ? timestamp : null,
    count: text("count"),
    rate: text("rate"),
    fills: json["fills"] === true,
  };
}

const stores = new Map<string, Stored<readonly SavedDraft[]>>();

/** The drafts of one topic. */
export function draftsOf(topic: string): Stored<readonly SavedDraft[]> {
  const known = stores.get(topic);
  if (known !== undefined) return known;
  const made = createStored(`runnel.drafts.${topic}`, parseDrafts);
  stores.set(topic, made);
  return made;
}

/** With `draft` in it, in place of one of the same name. */
export function withDraft(drafts: readonly SavedDraft[], draft: SavedDraft): readonly SavedDraft[] {
  return [draft, ...drafts.filter(({ name }) => name !== draft.name)].slice(0, DRAFTS_MAX);
}
