"use client";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import type { ReactNode } from "react";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import type { EventsState, SetEventsState } from "./events-state.ts";
import { NoEvents } from "./no-events.tsx";
import { SearchEnd } from "./search-status.tsx";
import type { LiveControl } from "./use-live.ts";
import type { SearchControl } from "./use-search.ts";
import { WrongFilter } from "./wrong-filter.tsx";

interface EventRowsProps {
  readonly topic: string;
  readonly state: EventsState;
  readonly setState: SetEventsState;
  readonly search: SearchControl;
  /** Null while it is a search. */
  readonly live: LiveControl | null;
  readonly grid: ReactNode;
  readonly count: number;
}

/** The table, or what stands there while it has no rows. */
export function EventRows({
  topic,
  state,
  setState,
  search: control,
  live,
  grid,
  count,
}: EventRowsProps): ReactNode {
  const { search } = control;
  if (parseFilter(state.f).kind === "error") {
    return <WrongFilter onClear={() => void setState({ f: "" })} />;
  }
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
