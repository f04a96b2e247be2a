/** What page and worker say to each other about a file of records. */
import type { FileFormat } from "@runnel/contracts/record-file-writers.ts";
import type { ImportBatch, ImportChoices, ImportSummary } from "./import-file.ts";

export type ImportQuestion = { readonly id: number } & ImportRequest;

export type ImportRequest =
  | { readonly kind: "open"; readonly format: FileFormat; readonly file: Blob }
  | { readonly kind: "batch"; readonly start: number; readonly choices: ImportChoices };

export type ImportAnswer = { readonly id: number } & (
  | { readonly kind: "summary"; readonly summary: ImportSummary }
  | { readonly kind: "batch"; readonly batch: ImportBatch }
  | { readonly kind: "failed"; readonly message: string }
);
