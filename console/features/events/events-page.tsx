/** The event browser: a stretch of a topic, filtered, searched or live, and one event in full. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import { printCondition } from "@runnel/contracts/filter-printer.ts";
import type { Comparison } from "@runnel/contracts/filters.ts";
import { Download, GitCompare, SendHorizontal, X } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useMemo, useState } from "react";
import { useCommands } from "../../lib/commands.ts";
import { formatCount } from "../../lib/format.ts";
import type { JsonRow } from "../../lib/json-tree.ts";
import { Button } from "../../ui/button.tsx";
import { Grid } from "../../ui/grid.tsx";
import type { FieldAction } from "../../ui/json-view.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Split } from "../../ui/split.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { eventColumns } from "./event-columns.tsx";
import {
  type EventsState,
  parseRecord,
  printRecord,
  queryOf,
  useEventsState,
} from "./events-state.ts";
import { fieldsOf, fieldText, operandOf } from "./fields.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Histogram } from "./histogram.tsx";
import { LiveBar } from "./live-bar.tsx";
import { NoEvents } from "./no-events.tsx";
import { RangeControls } from "./range-controls.tsx";
import { RecordPanel } from "./record-panel.tsx";
import { REPUBLISH_MAX } from "./republish.ts";
import { SearchBar, SearchEnd } from "./search-status.tsx";
import { useLive } from "./use-live.ts";
import { useSearch } from "./use-search.ts";

const RepublishDialog = dynamic(
  () => import("./republish-dialog.tsx").then((module) => module.RepublishDialog),
  { ssr: false },
);
const ExportDialog = dynamic(
  () => import("./export-dialog.tsx").then((module) => module.ExportDialog),
  { ssr: false },
);
const CompareDialog = dynamic(
  () => import("./compare-dialog.tsx").then((module) => module.CompareDialog),
  { ssr: false },
);

/** Events whose fields the filter bar knows. */
const SAMPLES = 50;
const NONE: ReadonlySet<string> = new Set();

export function EventsPage({ topic }: { readonly topic: string }): ReactNode {
  const [state, setState] = useEventsState();
  const isLive = state.mode === "live";
  const query = useMemo(() => queryOf(state), [state]);
  const isFilterWrong = parseFilter(state.f).kind === "error";
  const search = useSearch(topic, isLive || isFilterWrong ? null : query);
  const live = useLive(topic, isLive && !isFilterWrong ? query : null);
  const rows = isLive ? live.view.rows : search.search.rows;
  const [selected, setSelected] = useState<ReadonlySet<string>>(NONE);
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const columns = useMemo(() => eventColumns(state.cols), [state.cols]);
  const fields = useMemo(
    () => fieldsOf(rows.slice(0, SAMPLES).map(({ value }) => value.text)),
    [rows],
  );
  const place = parseRecord(state.r);
  const at = rows.findIndex((row) => printRecord(row) === state.r);
  const show = (row: DecodedRecord | undefined): void => {
    if (row !== undefined) void setState({ r: printRecord(row) });
  };
  const actions = useFieldActions(state, setState);
  useEventCommands({ isLive, live, setState, onExport: () => setOpen("export") });
  const chosen = rows.filter((row) => selected.has(printRecord(row)));
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 pt-2.5">
        <RangeControls state={state} setState={setState} />
        <Toolbar
          topic={topic}
          chosenCount={chosen.length}
          onClear={() => setSelected(NONE)}
          onOpen={setOpen}
          whyNoExport={
            isLive
              ? "A live stream has no end: choose Newest or Oldest"
              : isFilterWrong
                ? "Mend the filter first"
                : null
          }
        />
      </div>
      <div className="flex items-start gap-2 px-4 py-2">
        <FilterBar text={state.f} onChange={(f) => void setState({ f })} fields={fields} />
      </div>
      <Histogram
        topic={topic}
        from={isLive ? null : state.from}
        to={isLive ? null : state.to}
        partitions={query.partitions ?? null}
        onRange={(from, to) => void setState({ from, to, ...(isLive ? { mode: "newest" } : {}) })}
      />
      {isLive ? <LiveBar live={live} /> : <SearchBar control={search} />}
      <Split
        main={
          <Rows
            topic={topic}
            state={state}
            setState={setState}
            search={search}
            live={isLive ? live : null}
            grid={
              <Grid
                label={`Events of ${topic}`}
                columns={columns}
                rows={rows}
                keyOf={printRecord}
                onOpen={show}
                {...(place === null ? {} : { onMove: show })}
                openKey={state.r}
                selected={selected}
                onSelect={setSelected}
                tail={isLive ? null : <SearchEnd control={search} />}
              />
            }
            count={rows.length}
          />
        }
        side={
          place === null ? null : (
            <RecordPanel
              topic={topic}
              place={place}
              keyDecoder={state.kd}
              valueDecoder={state.vd}
              onKeyDecoder={(kd) => void setState({ kd })}
              onValueDecoder={(vd) => void setState({ vd })}
              actions={actions}
              onPrevious={at > 0 ? () => show(rows[at - 1]) : null}
              onNext={at >= 0 && at < rows.length - 1 ? () => show(rows[at + 1]) : null}
              onClose={() => void setState({ r: null })}
            />
          )
        }
      />
      {open === "export" && (
        <ExportDialog topic={topic} query={query} onClose={() => setOpen(null)} />
      )}
      {open === "republish" && chosen.length > 0 && (
        <RepublishDialog topic={topic} records={chosen} onClose={() => setOpen(null)} />
      )}
      {open === "compare" && chosen.length === 2 && (
        <CompareDialog topic={topic} records={chosen} onClose={() => setOpen(null)} />
      )}
    </div>
  );
}

type OpenDialog = "compare" | "republish" | "export";

interface ToolbarProps {
  readonly topic: string;
  /** Rows that are selected. */
  readonly chosenCount: number;
  readonly onClear: () => void;
  readonly onOpen: (dialog: OpenDialog) => void;
  readonly whyNoExport: string | null;
}

/** What can be done with the selected rows, and with all of the result. */
function Toolbar({ topic, chosenCount, onClear, onOpen, whyNoExport }: ToolbarProps): ReactNode {
  return (
    <span className="ml-auto flex flex-wrap items-center gap-1.5">
      {chosenCount > 0 && (
        <>
          <span className="text-sm text-muted">{formatCount(chosenCount)} selected</span>
          <Button look="ghost" onClick={onClear}>
            <X /> Clear
          </Button>
          <Button
            disabled={chosenCount !== 2}
            onClick={() => onOpen("compare")}
            title="Compare two events"
          >
            <GitCompare /> Compare
          </Button>
          <Button
            disabled={chosenCount > REPUBLISH_MAX}
            onClick={() => onOpen("republish")}
            title={`Produce them once more, at most ${REPUBLISH_MAX} at a time`}
          >
            <SendHorizontal /> Produce again …
          </Button>
        </>
      )}
      <ViewsMenu page={`events/${topic}`} />
      <Button
        disabled={whyNoExport !== null}
        title={whyNoExport ?? "All that this range and filter find, as a file"}
        onClick={() => onOpen("export")}
      >
        <Download /> Export …
      </Button>
    </span>
  );
}

interface EventCommands {
  readonly isLive: boolean;
  readonly live: ReturnType<typeof useLive>;
  readonly setState: SetState;
  readonly onExport: () => void;
}

function useEventCommands({ isLive, live, setState, onExport }: EventCommands): void {
  useCommands([
    {
      id: "events-live",
      title: isLive ? "Stop following" : "Follow live",
      group: "This page",
      keys: "l",
      run: () => void setState({ mode: isLive ? "newest" : "live" }),
    },
    ...(isLive
      ? [
          {
            id: "events-pause",
            title: live.isPaused ? "Go on" : "Pause",
            group: "This page" as const,
            keys: "Space",
            run: () => live.setIsPaused(!live.isPaused),
          },
        ]
      : []),
    {
      id: "events-close",
      title: "Close the event",
      group: "This page",
      keys: "Escape",
      run: () => void setState({ r: null }),
    },
    { id: "events-export", title: "Export the result", group: "This page", run: onExport },
    ...GRID_COMMANDS,
  ]);
}

const nothing = (): void => {};
/** Keys that the table handles itself, for the sheet. */
const GRID_COMMANDS = [
  { id: "grid-move", title: "Up and down", group: "Table", keys: "j", run: nothing, isLocal: true },
  {
    id: "grid-open",
    title: "Open the row",
    group: "Table",
    keys: "Enter",
    run: nothing,
    isLocal: true,
  },
  {
    id: "grid-select",
    title: "Select the row",
    group: "Table",
    keys: "x",
    run: nothing,
    isLocal: true,
  },
] as const;

type SetState = (change: Partial<EventsState>) => unknown;

/** What the viewer offers for a field: verbs on data. */
function useFieldActions(state: EventsState, setState: SetState): readonly FieldAction[] {
  const isScalar = ({ kind }: JsonRow): boolean => kind !== "object" && kind !== "array";
  const add = (row: JsonRow, operator: Comparison["operator"]): void => {
    const field = { kind: "value" as const, path: [...row.path] };
    const text = printCondition({ kind: "compare", field, operator, operand: operandOf(row.text) });
    void setState({ f: state.f.trim() === "" ? text : `${state.f.trim()} ${text}` });
  };
  return [
    {
      title: "Only events with this",
      isFor: (row) => isScalar(row) && !row.isCut,
      run: (row) => add(row, "equals"),
    },
    {
      title: "Only events without this",
      isFor: (row) => isScalar(row) && !row.isCut,
      run: (row) => add(row, "notEquals"),
    },
    {
      title: "Show as a column",
      isFor: ({ path }) => path.length > 0,
      run: ({ path }) => void setState({ cols: [...new Set([...state.cols, fieldText(path)])] }),
    },
    {
      title: "Remove the column",
      isFor: ({ path }) => path.length > 0 && state.cols.includes(fieldText(path)),
      run: ({ path }) =>
        void setState({ cols: state.cols.filter((one) => one !== fieldText(path)) }),
    },
    {
      title: "Copy the value",
      isFor: isScalar,
      run: ({ text }) => void navigator.clipboard.writeText(scalarText(text)),
    },
  ];
}

function scalarText(json: string): string {
  const operand = operandOf(json);
  return operand.kind === "text" ? operand.text : json;
}

interface RowsProps {
  readonly topic: string;
  readonly state: EventsState;
  readonly setState: SetState;
  readonly search: ReturnType<typeof useSearch>;
  /** Null while it is a search. */
  readonly live: ReturnType<typeof useLive> | null;
  readonly grid: ReactNode;
  readonly count: number;
}

/** The table, or what stands there while it has no rows. */
function Rows({
  topic,
  state,
  setState,
  search: control,
  live,
  grid,
  count,
}: RowsProps): ReactNode {
  const { search } = control;
  const hasFilter = state.f.trim() !== "" || state.partitions !== null;
  if (live !== null) {
    return count > 0 ? (
      grid
    ) : live.error === null ? (
      <Empty title="Waiting for events">What is produced from now on shows here.</Empty>
    ) : (
      <ProblemPanel error={live.error} />
    );
  }
  if (search.status === "failed" && count === 0) {
    return <ProblemPanel error={search.error} onRetry={control.restart} />;
  }
  if (count > 0) {
    return (
      <>
        {search.status === "failed" && (
          <div className="p-2">
            <ProblemPanel error={search.error} isInline onRetry={control.restart} />
          </div>
        )}
        {grid}
      </>
    );
  }
  if (search.status === "running") return <SkeletonRows count={14} />;
  return (
    <div className="overflow-y-auto">
      {hasFilter ? (
        <FilteredEmpty what="events" onClear={() => void setState({ f: "", partitions: null })} />
      ) : state.from !== null || state.to !== null ? (
        <FilteredEmpty what="events" onClear={() => void setState({ from: null, to: null })} />
      ) : (
        <NoEvents topic={topic} />
      )}
      <div className="flex justify-center">
        <SearchEnd control={control} />
      </div>
    </div>
  );
}
