/** A file of records: chosen, looked at, checked by the broker, and only then produced. */
"use client";
import type { FileFormat } from "@runnel/contracts/record-file-writers.ts";
import { Upload } from "lucide-react";
import { type DragEvent, type ReactNode, useId, useState } from "react";
import { cn } from "../../lib/cn.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Checkbox, Segmented } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { TopicField } from "./event-fields.tsx";
import type { ImportChoices, ImportSummary } from "./import-file.ts";
import { IMPORT_BYTES_MAX, IMPORT_EVENTS_MAX } from "./import-limits.ts";
import { ImportProgress } from "./import-progress.tsx";
import { useImport } from "./use-import.ts";

interface ImportPanelProps {
  readonly topic: string;
  readonly onTopic: (topic: string) => void;
}

export function ImportPanel({ topic, onTopic }: ImportPanelProps): ReactNode {
  const [choices, setChoices] = useState<ImportChoices>({ keepsPartition: false, keepsTime: true });
  const [format, setFormat] = useState<FileFormat>("ndjson");
  const control = useImport(topic, choices);
  const { state, run, open, start, reset } = control;
  const isRunning = run?.status === "running";
  const isStarted = run !== null && !run.isDryRun && run.status !== "done";
  const choose = (file: File): void => {
    const guessed = formatOf(file.name) ?? format;
    setFormat(guessed);
    open(file, guessed);
  };
  const choice = (change: Partial<ImportChoices>): void => {
    reset();
    setChoices({ ...choices, ...change });
  };
  const summary = state.kind === "read" ? state.summary : null;
  const isReady = summary !== null && summary.errorCount === 0 && summary.count > 0;
  const isChecked = run !== null && run.isDryRun && run.status === "done" && run.taken > 0;
  return (
    <div className="grid min-h-0 flex-1 content-start gap-4 overflow-y-auto px-4 pt-1 pb-8 lg:grid-cols-[minmax(0,1fr)_minmax(0,27rem)]">
      <fieldset disabled={isRunning || isStarted} className="flex min-w-0 flex-col gap-4">
        <Panel title="Where to">
          <TopicField
            topic={topic}
            onTopic={(next) => {
              reset();
              onTopic(next);
            }}
          />
          <div className="mt-1 flex flex-wrap gap-x-6 gap-y-1.5">
            <Checkbox
              label="Into the partitions that the file says"
              checked={choices.keepsPartition}
              onChange={({ target }) => choice({ keepsPartition: target.checked })}
            />
            <Checkbox
              label="With the times that the file says"
              checked={choices.keepsTime}
              onChange={({ target }) => choice({ keepsTime: target.checked })}
            />
          </div>
        </Panel>
        <Panel
          title="The file"
          actions={
            <Segmented<FileFormat>
              label="Form of the file"
              value={format}
              onChange={(next) => {
                setFormat(next);
                if (state.kind !== "none") open(state.file, next);
              }}
              options={[
                ["ndjson", "NDJSON"],
                ["json", "JSON"],
                ["csv", "CSV"],
              ]}
            />
          }
        >
          <FileBox onFile={choose} name={state.kind === "none" ? null : state.file.name} />
          {state.kind === "reading" && <Skeleton className="mt-3 h-24" />}
          {state.kind === "failed" && (
            <div className="mt-3">
              <ProblemPanel error={state.error} isInline />
            </div>
          )}
          {summary !== null && <Summary summary={summary} />}
        </Panel>
      </fieldset>
      <div className="flex min-w-0 flex-col gap-4">
        <Panel title="Check, then produce">
          <p className="pb-3 text-muted">
            The broker first judges every event and writes nothing. Then they are produced in
            requests of a few hundred; a request whose answer was lost is not written twice.
          </p>
          <div className="flex items-center gap-2">
            <Button
              look={isChecked ? "plain" : "primary"}
              disabled={!isReady || topic === "" || isRunning || isStarted}
              onClick={() => start(true)}
            >
              Check
            </Button>
            <Button
              look={isChecked ? "primary" : "plain"}
              disabled={!isChecked}
              title={isChecked ? undefined : "After the check"}
              onClick={() => start(false)}
            >
              {isChecked ? `Produce ${formatCount(run.taken)} events` : "Produce"}
            </Button>
          </div>
        </Panel>
        {run !== null && summary !== null && (
          <ImportProgress topic={topic} summary={summary} run={run} control={control} />
        )}
      </div>
    </div>
  );
}

const EXTENSIONS: ReadonlyMap<string, FileFormat> = new Map([
  ["ndjson", "ndjson"],
  ["jsonl", "ndjson"],
  ["json", "json"],
  ["csv", "csv"],
]);

function formatOf(name: string): FileFormat | null {
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return EXTENSIONS.get(extension) ?? null;
}

interface FileBoxProps {
  readonly onFile: (file: File) => void;
  readonly name: string | null;
}

function FileBox({ onFile, name }: FileBoxProps): ReactNode {
  const id = useId();
  const [isOver, setIsOver] = useState(false);
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setIsOver(false);
    const [file] = event.dataTransfer.files;
    if (file !== undefined) onFile(file);
  };
  return (
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={onDrop}
      className={cn(
        "flex flex-col items-start gap-2 rounded-md border border-dashed border-line-strong p-3",
        isOver && "border-accent bg-accent-soft",
      )}
    >
      <input
        id={id}
        type="file"
        accept=".ndjson,.jsonl,.json,.csv"
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file !== undefined) onFile(file);
          // The same file again, when it was corrected
          target.value = "";
        }}
        className="peer sr-only"
      />
      <div className="flex flex-wrap items-center gap-2 peer-focus-visible:[&>label]:outline-2 peer-focus-visible:[&>label]:outline-accent">
        <label htmlFor={id} className={buttonClass("plain")}>
          <Upload /> {name === null ? "Choose a file" : "Choose another file"}
        </label>
        <span className={name === null ? "text-muted" : "mono text-xs"}>
          {name ?? "or drop it here"}
        </span>
      </div>
      <p className="text-xs text-faint">
        What Export writes: NDJSON, a JSON array or CSV. At most {formatBytes(IMPORT_BYTES_MAX)} and{" "}
        {formatCount(IMPORT_EVENTS_MAX)} events. In JSON only <code className="mono">value</code> is
        needed: <code className="mono">{'{"value":{"encoding":"utf8","data":"…"}}'}</code>, or{" "}
        <code className="mono">null</code> for a tombstone.
      </p>
    </div>
  );
}

function Summary({ summary }: { readonly summary: ImportSummary }): ReactNode {
  const { count, unit, errors, errorCount, preview } = summary;
  if (errorCount > 0) {
    return (
      <div role="alert" className="mt-3 rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
        <p className="font-semibold">
          {errorCount === 1 ? "One place is" : `${formatCount(errorCount)} places are`} wrong, so
          nothing is produced. Correct the file and choose it again.
        </p>
        <ul className="mt-1 max-h-60 overflow-y-auto">
          {errors.map(({ place, message }) => (
            <li key={place} className="break-words">
              <span className="mono text-xs">
                {unit === "line" ? "Line" : "Record"} {formatCount(place)}:
              </span>{" "}
              {message}
            </li>
          ))}
        </ul>
        {errorCount > errors.length && (
          <p className="text-muted">These are the first {errors.length} of them.</p>
        )}
      </div>
    );
  }
  if (count === 0) return <p className="mt-3 text-muted">There is no event in it.</p>;
  return (
    <>
      <p role="status" className="py-2">
        {count === 1 ? "One event" : `${formatCount(count)} events`}
        {count > preview.length && `; these are the first ${preview.length}`}.
      </p>
      <Table
        label="The first events"
        head={
          <>
            <Th isRight>{unit === "line" ? "Line" : "Record"}</Th>
            <Th isRight>Partition</Th>
            <Th>Time</Th>
            <Th>Key</Th>
            <Th>Value</Th>
            <Th isRight>Headers</Th>
          </>
        }
      >
        {preview.map(({ place, partition, timestamp, key, value, headerCount }) => (
          <Tr key={place}>
            <Td isRight>{place}</Td>
            <Td isRight>{partition ?? "–"}</Td>
            <Td isMono>{timestamp === null ? "–" : <Time at={timestamp} />}</Td>
            <Td isMono className="max-w-40 truncate">
              <Cell text={key} none="no key" />
            </Td>
            <Td isMono className="max-w-80 truncate">
              <Cell text={value} none="tombstone" />
            </Td>
            <Td isRight>{headerCount}</Td>
          </Tr>
        ))}
      </Table>
    </>
  );
}

function Cell({ text, none }: { readonly text: string | null; readonly none: string }): ReactNode {
  if (text === null) return <span className="text-warn italic">{none}</span>;
  if (text === "") return <span className="text-faint italic">empty</span>;
  return <bdi>{text}</bdi>;
}
