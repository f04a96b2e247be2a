/** The event browser: a stretch of a topic, filtered, searched or live, and one event in full. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import { PanelLeft } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useMemo, useState } from "react";
import { setPreferences, usePreferences } from "../../lib/preferences.ts";
import { useThrottled } from "../../lib/throttled.ts";
import { Button } from "../../ui/button.tsx";
import { Grid } from "../../ui/grid.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { Split } from "../../ui/split.tsx";
import { eventColumns } from "./event-columns.tsx";
import { useEventCommands } from "./event-commands.ts";
import { EventDialogs } from "./event-dialogs.tsx";
import { EventRows } from "./event-rows.tsx";
import { parseRecord, printRecord, queryOf, useEventsState } from "./events-state.ts";
import { EventsToolbar, type OpenDialog } from "./events-toolbar.tsx";
import { fieldActions } from "./field-actions.ts";
import { fieldsOf } from "./fields.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Histogram } from "./histogram.tsx";
import { LiveBar } from "./live-bar.tsx";
import { RangeControls } from "./range-controls.tsx";
import { reachedAt } from "./search.ts";
import { SearchBar, SearchEnd } from "./search-status.tsx";
import { useLive } from "./use-live.ts";
import { useSearch } from "./use-search.ts";

const RecordPanel = dynamic(
  () => import("./record-panel.tsx").then((module) => module.RecordPanel),
  { ssr: false, loading: () => <Skeleton className="m-3 h-40" /> },
);
const FacetPanel = dynamic(() => import("./facet-panel.tsx").then((module) => module.FacetPanel), {
  ssr: false,
  loading: () => <div className="w-56 border-r border-line max-lg:hidden" />,
});
/** Events whose fields the filter bar knows. */
const SAMPLES = 50;
/** Fields are looked for this often, while rows come. */
const SAMPLE_MS = 1_000;
const NONE: ReadonlySet<string> = new Set();

export function EventsPage({ topic }: { readonly topic: string }): ReactNode {
  const [state, setState] = useEventsState();
  const isLive = state.mode === "live";
  const query = useMemo(() => queryOf(state), [state]);
  const isFilterWrong = parseFilter(state.f).kind === "error";
  const search = useSearch(topic, isLive || isFilterWrong ? null : query);
  const follows = isLive && !isFilterWrong;
  const live = useLive(topic, follows ? query : null);
  const order = state.mode === "oldest" ? "oldest" : "newest";
  const reached = isLive ? null : reachedAt(search.search, order);
  const rows = isLive ? live.view.rows : search.search.rows;
  const [selected, setSelected] = useState<ReadonlySet<string>>(NONE);
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const columns = useMemo(() => eventColumns(state.cols), [state.cols]);
  const { areFieldsOpen, dock } = usePreferences();
  const sampled = useThrottled(rows, SAMPLE_MS);
  const fields = useMemo(
    () => fieldsOf(sampled.slice(0, SAMPLES).map(({ value }) => value.text)),
    [sampled],
  );
  const place = parseRecord(state.r);
  const at = rows.findIndex((row) => printRecord(row) === state.r);
  const show = (row: DecodedRecord | undefined): void => {
    if (row !== undefined) void setState({ r: printRecord(row) });
  };
  const actions = fieldActions(state, setState);
  const chosen = rows.filter((row) => selected.has(printRecord(row)));
  const whyNoExport = isLive
    ? "A live stream has no end: choose Newest or Oldest"
    : isFilterWrong
      ? "Mend the filter first"
      : null;
  useEventCommands({
    isLive,
    live,
    setState,
    chosenCount: chosen.length,
    onOpen: (dialog) => {
      if (dialog !== "export" || whyNoExport === null) setOpen(dialog);
    },
  });
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 px-4 pt-2.5">
        <RangeControls topic={topic} state={state} setState={setState} />
        <EventsToolbar
          topic={topic}
          chosenCount={chosen.length}
          onClear={() => setSelected(NONE)}
          onOpen={setOpen}
          whyNoExport={whyNoExport}
        />
      </div>
      <div className="flex items-start gap-2 px-4 py-2">
        <Button
          className="h-8 max-lg:hidden"
          aria-pressed={areFieldsOpen}
          title={areFieldsOpen ? "Hide the fields  f" : "Show the fields  f"}
          onClick={() => setPreferences({ areFieldsOpen: !areFieldsOpen })}
        >
          <PanelLeft /> Fields
        </Button>
        <FilterBar text={state.f} onChange={(f) => void setState({ f })} fields={fields} />
      </div>
      <Histogram
        topic={topic}
        from={isLive ? null : state.from}
        to={isLive ? null : state.to}
        partitions={query.partitions ?? null}
        scan={reached === null ? null : { at: reached, order }}
        onPartitions={(partitions) => void setState({ partitions })}
        onRange={(from, to) => void setState({ from, to, ...(isLive ? { mode: "newest" } : {}) })}
      />
      {follows ? <LiveBar live={live} /> : <SearchBar control={search} order={order} />}
      <div className="flex min-h-0 flex-1">
        {areFieldsOpen && (
          <FacetPanel
            rows={sampled}
            state={state}
            setState={setState}
            onClose={() => setPreferences({ areFieldsOpen: false })}
          />
        )}
        <Split
          dock={dock}
          main={
            <EventRows
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
      </div>
      <EventDialogs
        topic={topic}
        query={query}
        open={open}
        chosen={chosen}
        onClose={() => setOpen(null)}
      />
    </div>
  );
}
