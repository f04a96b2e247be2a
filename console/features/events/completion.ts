/** What may come next in the filter bar. */
import { NUMBER_FIELDS } from "@runnel/contracts/filter-model.ts";

export interface Suggestion {
  /** What takes the place of the word at the cursor. */
  readonly text: string;
  readonly note: string;
}

export interface Completion {
  /** Where the word at the cursor begins. */
  readonly start: number;
  readonly suggestions: readonly Suggestion[];
}

const SUGGESTIONS_MAX = 12;
const FIXED: readonly Suggestion[] = [
  { text: "key=", note: "the key is exactly; reads one partition" },
  { text: "key~", note: "the key contains" },
  { text: "value~", note: "the value contains" },
  { text: "header.", note: "a header by its name" },
  { text: "not ", note: "the opposite of what follows" },
  { text: 'cel:""', note: "an expression in CEL" },
];
const NUMBER_NOTES: Readonly<Partial<Record<string, string>>> = {
  timestamp: "a time, as 2026-11-24T05:37:00Z",
  keySize: "bytes of the key, −1 for none",
  valueSize: "bytes of the value, −1 for a tombstone",
  size: "bytes of the whole event",
};
const OPERATORS: readonly Suggestion[] = [
  { text: "=", note: "is" },
  { text: "!=", note: "is not" },
  { text: ">", note: "is more than" },
  { text: "<", note: "is less than" },
  { text: "~", note: "contains, in any case" },
  { text: "^=", note: "starts with" },
  { text: "=*", note: "is there" },
];

/** `fields` are those that were seen in events, as the filter writes them: `value.total`. */
export function complete(text: string, cursor: number, fields: readonly string[]): Completion {
  const before = text.slice(0, cursor);
  const word = /[^\s()]*$/.exec(before)?.[0] ?? "";
  const start = cursor - word.length;
  const all: readonly Suggestion[] = [
    ...FIXED,
    ...fields.map((field) => ({ text: field, note: "seen in events" })),
    ...NUMBER_FIELDS.map((field) => ({ text: field, note: NUMBER_NOTES[field] ?? "a number" })),
  ];
  const lower = word.toLowerCase();
  const isWhole = all.some((one) => one.text === word) || /^(key|value)$/.test(word);
  if (isWhole && word !== "" && !/[=~.<> ]$/.test(word)) {
    return { start: cursor, suggestions: OPERATORS };
  }
  const matching = all.filter((one) => one.text !== word && one.text.toLowerCase().includes(lower));
  const sorted = matching.toSorted(
    (a, b) => rank(a.text, lower) - rank(b.text, lower) || a.text.length - b.text.length,
  );
  return { start, suggestions: (word === "" ? all : sorted).slice(0, SUGGESTIONS_MAX) };
}

const rank = (text: string, word: string): number => (text.toLowerCase().startsWith(word) ? 0 : 1);
