/** Producing a file, request after request: how far it came, what was refused, where it waits. */
import { ApiError } from "@runnel/contracts/client.ts";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import type { ImportBatch } from "./import-file.ts";

/** Refusals that are told; the others are counted. */
const REFUSED_MAX = 50;

export interface Refused {
  readonly place: number;
  readonly message: string;
}

/** What became of a partition. */
export interface PartitionSpan {
  readonly partition: number;
  readonly firstOffset: number;
  readonly count: number;
}

export interface ImportRun {
  readonly isDryRun: boolean;
  /** `held`: a request failed, and somebody has to say how it goes on. */
  readonly status: "running" | "done" | "stopped" | "held";
  /** Records that were taken, or would be. */
  readonly taken: number;
  readonly refusedCount: number;
  readonly refused: readonly Refused[];
  readonly spans: readonly PartitionSpan[];
  /** Index of the record that is next. */
  readonly at: number;
  /** The request that failed; null where none did. */
  readonly held: { readonly batch: ImportBatch; readonly error: unknown } | null;
}

export function newRun(isDryRun: boolean): ImportRun {
  const nothing = { taken: 0, refusedCount: 0, refused: [], spans: [], at: 0, held: null };
  return { isDryRun, status: "running", ...nothing };
}

interface RunOptions {
  /** Where it goes on. */
  readonly from: ImportRun;
  readonly batch: (start: number) => Promise<ImportBatch>;
  /** `id` is the same for the same records, however often they are sent. */
  readonly send: (batch: ImportBatch, id: string) => Promise<ProduceResponse>;
  readonly onProgress: (run: ImportRun) => void;
  /** Looked at between requests, so that it is known of each whether it was done. */
  readonly isStopped: () => boolean;
}

/** Runs until the file ends, somebody stops it, or a request fails. */
export async function continueRun(options: RunOptions): Promise<ImportRun> {
  const { batch: read, send, onProgress, isStopped } = options;
  let run: ImportRun = { ...options.from, status: "running", held: null };
  onProgress(run);
  for (;;) {
    if (isStopped()) return { ...run, status: "stopped" };
    const batch = await read(run.at);
    if (batch.records.length === 0) return { ...run, status: "done" };
    try {
      run = withResults(run, batch, (await send(batch, `${run.at}`)).results);
    } catch (error) {
      return { ...run, status: "held", held: { batch, error } };
    }
    if (batch.next === null) return { ...run, status: "done" };
    onProgress(run);
  }
}

/** The run behind the request that failed, all of whose records count as refused. */
export function skipHeld(run: ImportRun): ImportRun {
  if (run.held === null) return run;
  const { batch, error } = run.held;
  const message = error instanceof Error ? error.message : String(error);
  const refused = batch.places.map((place) => ({ place, message }));
  return {
    ...run,
    held: null,
    refusedCount: run.refusedCount + refused.length,
    refused: [...run.refused, ...refused].slice(0, REFUSED_MAX),
    at: run.at + batch.records.length,
    status: batch.next === null ? "done" : "running",
  };
}

/** Where in the file it is that the broker complains about; null where it does not say. */
export function heldPlace({ batch, error }: NonNullable<ImportRun["held"]>): Refused | null {
  if (!(error instanceof ApiError)) return null;
  for (const { field, message } of error.problem.errors ?? []) {
    const [, index, rest] = /^records\.(\d+)\.?(.*)$/.exec(field) ?? [];
    const place = index === undefined ? undefined : batch.places[Number(index)];
    if (place !== undefined) return { place, message: rest ? `${rest}: ${message}` : message };
  }
  return null;
}

function withResults(
  run: ImportRun,
  batch: ImportBatch,
  results: ProduceResponse["results"],
): ImportRun {
  const refused: Refused[] = [];
  const spans = new Map(run.spans.map((span) => [span.partition, span]));
  for (const [index, { partition, offset, error }] of results.entries()) {
    if (error !== null) {
      refused.push({ place: batch.places[index] ?? 0, message: error });
      continue;
    }
    const span = spans.get(partition);
    spans.set(partition, {
      partition,
      firstOffset: span?.firstOffset ?? offset ?? 0,
      count: (span?.count ?? 0) + 1,
    });
  }
  return {
    ...run,
    taken: run.taken + results.length - refused.length,
    refusedCount: run.refusedCount + refused.length,
    refused: [...run.refused, ...refused].slice(0, REFUSED_MAX),
    spans: [...spans.values()].toSorted((a, b) => a.partition - b.partition),
    at: run.at + batch.records.length,
  };
}
