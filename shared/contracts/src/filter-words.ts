/**
 * The words and signs of filters as text.
 *
 *   filter     = [ chips | or ]                   chips = item { ["and"] item }
 *   item       = condition | "off(" or ")"        only at the top: a chip that is switched off
 *   or         = and { "or" and }                 and   = condition { ["and"] condition }
 *   condition  = "not" condition | "(" or ")" | comparison | "cel:" quoted | word | quoted
 *   comparison = field operator operand
 *   field      = ("key" | "value") path | "header." name | partition, offset, timestamp …
 *   path       = { "." (name | quoted) | "[" (index | "*" | quoted) "]" }
 *   operator   = ":" | "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "~~" | "^="
 *   operand    = quoted | x"hex" | number | "true" | "false" | "null" | "*" | word
 *   quoted     = a JSON string | text between backticks, as it is
 *
 * A word ends at white space, a bracket or a quote; one that is searched for, at an operator, too.
 */
import type { FilterOperator } from "./filter-model.ts";

/** Characters of a filter as text. */
export const FILTER_TEXT_LENGTH_MAX = 32_768;

/** Longest first, so that none hides another; `:` and `==` are other ways to write `=`. */
export const OPERATOR_SIGNS: readonly (readonly [sign: string, operator: FilterOperator])[] = [
  ["!=", "notEquals"],
  ["<=", "lessOrEqual"],
  [">=", "greaterOrEqual"],
  ["^=", "startsWith"],
  ["~~", "containsExactly"],
  ["==", "equals"],
  ["=", "equals"],
  [":", "equals"],
  ["<", "less"],
  [">", "greater"],
  ["~", "contains"],
];

/** How each operator is printed. */
export const SIGN_OF: Readonly<Record<FilterOperator, string>> = {
  equals: "=",
  notEquals: "!=",
  less: "<",
  lessOrEqual: "<=",
  greater: ">",
  greaterOrEqual: ">=",
  contains: "~",
  containsExactly: "~~",
  startsWith: "^=",
};

/** Words that join conditions, in lower or upper case. */
export const JOINING_WORDS: ReadonlySet<string> = new Set(["and", "or", "not", "AND", "OR", "NOT"]);

/** Operands that mean something else than their letters. */
export const MEANINGFUL_WORDS: ReadonlySet<string> = new Set(["true", "false", "null", "*"]);

/** A member's name that needs no quotes in a path. */
export const PLAIN_NAME: RegExp = /^[\p{L}\p{N}_$@-]+$/u;
/** A header's name that needs no quotes. */
export const PLAIN_HEADER: RegExp = /^[\p{L}\p{N}_$@./-]+$/u;
/** A word that needs no quotes, to search for or to compare with. */
export const PLAIN_WORD: RegExp = /^[\p{L}\p{N}_$@./+-]+$/u;

/** The latest time that is printed as a date; beyond, years have more than four digits. */
export const DATE_MS_MAX: number = Date.UTC(10_000, 0) - 1;
