/** What page and worker say to each other about a JSON text. */
import type { Difference, IgnoredPath } from "./json-diff.ts";
import type { JsonRow } from "./json-tree.ts";

export type JsonQuestion = { readonly id: number } & JsonRequest;

export type JsonRequest =
  | { readonly kind: "open"; readonly text: string }
  | { readonly kind: "rows"; readonly start: number; readonly end: number }
  | { readonly kind: "text"; readonly index: number }
  | {
      readonly kind: "diff";
      readonly before: string;
      readonly after: string;
      readonly ignored: readonly IgnoredPath[];
    }
  | JsonChange;

export type JsonChange =
  | { readonly kind: "toggle"; readonly index: number }
  | { readonly kind: "unfoldAll" | "foldAll" };

export interface OpenedJson {
  readonly rowCount: number;
  /** See `JsonTree`. */
  readonly repeatedNames: readonly string[];
}

export type JsonAnswer = { readonly id: number } & (
  | ({ readonly kind: "opened" } & OpenedJson)
  | { readonly kind: "count"; readonly rowCount: number }
  | { readonly kind: "rows"; readonly rows: readonly JsonRow[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "diff"; readonly differences: readonly Difference[] | null }
  /** A sentence for people. */
  | { readonly kind: "failed"; readonly message: string }
);
