/** The whole result as a file, not only the rows in sight. */
"use client";
import { FILE_WRITERS, type FileFormat } from "@runnel/contracts/record-file-writers.ts";
import { Download } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api } from "../../lib/api.ts";
import { download } from "../../lib/download.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Segmented } from "../../ui/field.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import type { Query } from "./events-state.ts";
import {
  EXPORT_CHARS_MAX,
  EXPORT_EVENTS_MAX,
  type ExportResult,
  exportEvents,
  exportSummary,
} from "./export.ts";

interface ExportDialogProps {
  readonly topic: string;
  readonly query: Query;
  readonly onClose: () => void;
}

/** Why it is aborted: who closes the dialog wants no file. */
const CLOSED = new Error("The dialog was closed");

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly count: number }
  | { readonly kind: "done"; readonly result: ExportResult }
  | { readonly kind: "failed"; readonly error: unknown };

export function ExportDialog({ topic, query, onClose }: ExportDialogProps): ReactNode {
  const [format, setFormat] = useState<FileFormat>("ndjson");
  const [state, setState] = useState<State>({ kind: "idle" });
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(CLOSED), []);
  const run = async (): Promise<void> => {
    const controller = new AbortController();
    abort.current = controller;
    setState({ kind: "running", count: 0 });
    try {
      const result = await exportEvents({
        topic,
        query,
        format,
        signal: controller.signal,
        onProgress: (count) => setState({ kind: "running", count }),
        readPage: (page, signal) => api.readEvents({ params: { topic }, query: page }, { signal }),
      });
      if (controller.signal.reason === CLOSED) return;
      const { mediaType } = FILE_WRITERS[format];
      if (result.count > 0) download(`${topic}.${format}`, new Blob([...result.parts]), mediaType);
      setState({ kind: "done", result });
    } catch (error) {
      setState({ kind: "failed", error });
    }
  };
  const isRunning = state.kind === "running";
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="small"
      title="Export the result"
      description={`Everything that this range and filter find, at most ${formatCount(EXPORT_EVENTS_MAX)} events or ${formatBytes(EXPORT_CHARS_MAX)}.`}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          {isRunning ? (
            <Button onClick={() => abort.current?.abort()}>Stop and keep what there is</Button>
          ) : (
            <Button look="primary" onClick={() => void run()}>
              <Download /> Export
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Segmented<FileFormat>
          label="Form of the file"
          value={format}
          onChange={setFormat}
          isDisabled={isRunning}
          options={[
            ["ndjson", "NDJSON: a line each"],
            ["json", "JSON"],
            ["csv", "CSV"],
          ]}
        />
        <p role="status" className="text-muted">
          {statusText(state)}
        </p>
        {state.kind === "failed" && <ProblemPanel error={state.error} isInline />}
      </div>
    </Dialog>
  );
}

function statusText(state: State): string {
  if (state.kind === "running") return `${formatCount(state.count)} events so far …`;
  if (state.kind !== "done")
    return "Keys and values go byte for byte; what is no text goes as base64.";
  return exportSummary(state.result);
}
