/** The fields of the rows, beside them: a click on a value asks for it, or for everything without it. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { Ban, ChevronDown, ChevronRight, Columns3, X } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { formatCount, formatNumberOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import type { EventsState, SetEventsState } from "./events-state.ts";
import {
  conditionFor,
  type Facet,
  type FacetValue,
  facetsOf,
  SAMPLE_ROWS,
  withCondition,
} from "./facets.ts";

/** Fields that are unfolded from the start. */
const OPEN_AT_FIRST = 3;

interface FacetPanelProps {
  readonly rows: readonly DecodedRecord[];
  readonly state: EventsState;
  readonly setState: SetEventsState;
  readonly onClose: () => void;
}

export function FacetPanel({ rows, state, setState, onClose }: FacetPanelProps): ReactNode {
  const facets = useMemo(() => facetsOf(rows), [rows]);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const sampled = Math.min(rows.length, SAMPLE_ROWS);
  return (
    <aside
      aria-label="Fields"
      className="flex w-56 shrink-0 flex-col border-r border-line bg-surface max-lg:hidden"
    >
      <header className="flex h-7 shrink-0 items-center gap-2 border-b border-line pr-1 pl-3 text-xs">
        <h2 className="font-medium">Fields</h2>
        <span className="truncate text-faint">of {formatNumberOf(sampled, "row")}</span>
        <Button
          look="ghost"
          isIcon
          className="ml-auto size-6"
          aria-label="Hide the fields"
          title="Hide the fields  f"
          onClick={onClose}
        >
          <X />
        </Button>
      </header>
      {facets.length === 0 ? (
        <p className="p-3 text-xs text-muted">No fields in these rows.</p>
      ) : (
        // What scrolls must be reachable by keyboard
        <ul className="min-h-0 flex-1 overflow-y-auto py-1" tabIndex={0} aria-label="Fields">
          {facets.map((facet, index) => {
            const isOpen = index < OPEN_AT_FIRST !== toggled.has(facet.name);
            return (
              <FacetItem
                key={facet.name}
                facet={facet}
                isOpen={isOpen}
                sampled={sampled}
                hasColumn={state.cols.includes(facet.name)}
                onToggle={() => setToggled(toggledSet(toggled, facet.name))}
                onColumn={() =>
                  setState({
                    cols: state.cols.includes(facet.name)
                      ? state.cols.filter((one) => one !== facet.name)
                      : [...state.cols, facet.name],
                  })
                }
                onValue={(value, operator) =>
                  setState({
                    f: withCondition(state.f, conditionFor(facet, value, operator)),
                  })
                }
              />
            );
          })}
        </ul>
      )}
    </aside>
  );
}

function toggledSet(set: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}

interface FacetItemProps {
  readonly facet: Facet;
  readonly isOpen: boolean;
  readonly sampled: number;
  readonly hasColumn: boolean;
  readonly onToggle: () => void;
  readonly onColumn: () => void;
  readonly onValue: (value: FacetValue, operator: "equals" | "notEquals") => void;
}

function FacetItem(props: FacetItemProps): ReactNode {
  const { facet, isOpen, sampled, hasColumn, onToggle, onColumn, onValue } = props;
  const { field, name, rowCount, values, moreCount } = facet;
  const isPath = field.kind === "value" && field.path.every((step) => step !== null);
  const shown = name.replace(/^value\./, "");
  return (
    <li className="group/facet px-1">
      <div className="flex h-6 items-center">
        <button
          type="button"
          aria-expanded={isOpen}
          title={`${name}: in ${formatCount(rowCount)} of ${formatCount(sampled)} rows`}
          onClick={onToggle}
          className="flex min-w-0 flex-1 items-center gap-1 rounded text-left hover:bg-raised"
        >
          {isOpen ? (
            <ChevronDown className="size-3.5 shrink-0 text-faint" />
          ) : (
            <ChevronRight className="size-3.5 shrink-0 text-faint" />
          )}
          <span className="mono truncate text-xs">{shown}</span>
          {rowCount < sampled && (
            <span className="ml-auto shrink-0 pr-1 text-2xs text-faint">
              {Math.max(1, Math.round((rowCount / sampled) * 100))} %
            </span>
          )}
        </button>
        {isPath && (
          <Button
            look="ghost"
            isIcon
            className="size-5 opacity-0 group-hover/facet:opacity-100 focus-visible:opacity-100 aria-pressed:text-accent aria-pressed:opacity-100"
            aria-pressed={hasColumn}
            aria-label={`${shown} as a column`}
            title="As a column"
            onClick={onColumn}
          >
            <Columns3 />
          </Button>
        )}
      </div>
      {isOpen && (
        <ul className="pb-1">
          {values.map((value) => (
            <ValueItem key={`${value.operand.kind}${value.text}`} {...{ name, value, onValue }} />
          ))}
          {moreCount !== 0 && (
            <li className="pl-5 text-2xs text-faint">
              {moreCount === null ? "and many others" : `and ${formatCount(moreCount)} others`}
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

interface ValueItemProps {
  readonly name: string;
  readonly value: FacetValue;
  readonly onValue: FacetItemProps["onValue"];
}

function ValueItem({ name, value, onValue }: ValueItemProps): ReactNode {
  const { text, count } = value;
  return (
    <li className="group/value flex h-5 items-center pl-4">
      <button
        type="button"
        title={`Only events with ${name} = ${text}`}
        onClick={() => onValue(value, "equals")}
        className="flex min-w-0 flex-1 items-center gap-2 rounded px-1 text-left hover:bg-raised"
      >
        <bdi className="mono truncate text-xs text-muted">{text === "" ? "“”" : text}</bdi>
        <span className="mono ml-auto shrink-0 text-2xs text-faint">{formatCount(count)}</span>
      </button>
      <Button
        look="ghost"
        isIcon
        className="size-5 opacity-0 group-hover/value:opacity-100 focus-visible:opacity-100 [&_svg]:size-3"
        aria-label={`Only events without ${name} = ${text}`}
        title="Only events without this"
        onClick={() => onValue(value, "notEquals")}
      >
        <Ban />
      </Button>
    </li>
  );
}
