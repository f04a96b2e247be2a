"use client";
import type { FileFormat } from "@runnel/contracts/record-file-writers.ts";
import type { ProduceResponse } from "@runnel/contracts/records.ts";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicKeys } from "../../lib/data/topics.ts";
import { ImportClient } from "./import-client.ts";
import type { ImportBatch, ImportChoices, ImportSummary } from "./import-file.ts";
import { IMPORT_BYTES_MAX } from "./import-limits.ts";
import { continueRun, type ImportRun, newRun, skipHeld } from "./import-run.ts";

export type ImportState =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly file: File }
  | { readonly kind: "failed"; readonly file: File; readonly error: unknown }
  | { readonly kind: "read"; readonly file: File; readonly summary: ImportSummary };

export interface ImportControl {
  readonly state: ImportState;
  /** The check, or the production, that ran last; null after every change of what is asked for. */
  readonly run: ImportRun | null;
  readonly open: (file: File, format: FileFormat) => void;
  /** From the begin; what ran before is forgotten. */
  readonly start: (isDryRun: boolean) => void;
  /** On where it stopped or was held. */
  readonly goOn: () => void;
  /** On behind the request that failed. */
  readonly skip: () => void;
  /** Ends between two requests. */
  readonly stop: () => void;
  readonly reset: () => void;
}

export function useImport(topic: string, choices: ImportChoices): ImportControl {
  const client = useRef<ImportClient | null>(null);
  const queryClient = useQueryClient();
  const [state, setState] = useState<ImportState>({ kind: "none" });
  const [run, setRun] = useState<ImportRun | null>(null);
  const isStopped = useRef(false);
  /** Of one production: what is sent again under it is not written again. */
  const runId = useRef("");
  useEffect(
    () => () => {
      isStopped.current = true;
      client.current?.close();
    },
    [],
  );
  const open = (file: File, format: FileFormat): void => {
    client.current?.close();
    const made = new ImportClient();
    client.current = made;
    setRun(null);
    setState({ kind: "reading", file });
    const opened =
      file.size > IMPORT_BYTES_MAX ? Promise.reject(tooLarge(file)) : made.open(format, file);
    opened.then(
      (summary) => client.current === made && setState({ kind: "read", file, summary }),
      (error: unknown) => client.current === made && setState({ kind: "failed", file, error }),
    );
  };
  const proceed = async (from: ImportRun): Promise<void> => {
    const source = client.current;
    if (source === null) return;
    isStopped.current = false;
    const { isDryRun } = from;
    const end = await continueRun({
      from,
      batch: (start) => source.batch(start, choices),
      send: (batch, id) => send(topic, batch, isDryRun ? null : `${runId.current}-${id}`),
      onProgress: setRun,
      isStopped: () => isStopped.current,
    });
    setRun(end);
    if (!isDryRun) await queryClient.invalidateQueries({ queryKey: topicKeys.all });
  };
  const begin = (from: ImportRun): void => {
    proceed(from).catch((error: unknown) => {
      if (state.kind !== "none") setState({ kind: "failed", file: state.file, error });
    });
  };
  return {
    state,
    run,
    open,
    start: (isDryRun) => {
      runId.current = crypto.randomUUID();
      begin(newRun(isDryRun));
    },
    goOn: () => run !== null && begin(run),
    skip: () => {
      if (run === null) return;
      const next = skipHeld(run);
      if (next.status === "done") setRun(next);
      else begin(next);
    },
    stop: () => {
      isStopped.current = true;
    },
    reset: () => setRun(null),
  };
}

/** `id`: null for a check, which writes nothing. */
function send(topic: string, batch: ImportBatch, id: string | null): Promise<ProduceResponse> {
  const body = { records: [...batch.records] };
  const query = id === null ? { dryRun: true } : {};
  return api.produce({ params: { topic }, body, query }, id === null ? {} : { idempotencyKey: id });
}

function tooLarge({ size }: File): Error {
  const mib = (bytes: number): string => (bytes / 1_024 / 1_024).toFixed(0);
  return new Error(
    `The file has ${mib(size)} MiB, and at most ${mib(IMPORT_BYTES_MAX)} are read: split it, by lines or by export`,
  );
}
