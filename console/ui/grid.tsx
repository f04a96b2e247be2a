/**
 * A table of any number of rows, of which only those in sight are in the page. It has one tab stop:
 * arrows or j/k move, Enter opens, x selects. Sorting and filtering are done by the broker, which has
 * all rows; the grid only says what is wanted.
 */
"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { cn } from "../lib/cn.ts";
import { usePreferences } from "../lib/preferences.ts";

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** As in `grid-template-columns`. */
  readonly width: string;
  readonly align?: "right";
  /** The name of the order by this column; left out where there is none. */
  readonly sort?: string;
  /** What goes into a file of the table; left out: the column does not. */
  readonly text?: (row: T) => string;
}

export interface Sort {
  readonly by: string;
  readonly order: "asc" | "desc";
}

export interface GridProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly onOpen?: (row: T) => void;
  /** Another row became the current one, by keyboard. */
  readonly onMove?: (row: T) => void;
  readonly sort?: Sort;
  readonly onSort?: (sort: Sort) => void;
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (keys: ReadonlySet<string>) => void;
  /** Called when the last rows come into sight. */
  readonly onEnd?: () => void;
  /** The row that is shown in detail elsewhere. */
  readonly openKey?: string | null;
  /** Behind the last row. */
  readonly tail?: ReactNode;
  readonly rowClass?: (row: T) => string;
  readonly className?: string;
}

const OVERSCAN_ROWS = 12;
const END_ROWS = 20;
const ROW_PX = { compact: 30, comfortable: 38 } as const;
const SELECT_WIDTH = "34px";

export function Grid<T>(props: GridProps<T>): ReactNode {
  const { label, columns, rows, keyOf, onEnd, selected, openKey, tail, className } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const rowPx = ROW_PX[usePreferences().density];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
  });
  useEffect(() => virtual.measure(), [virtual, rowPx]);
  const { active, setActive, onKeyDown } = useGridKeys(props, (index) =>
    virtual.scrollToIndex(index),
  );
  const items = virtual.getVirtualItems();
  // What is out of sight is not in the page, and cannot be pointed at.
  const isInSight = items.some(({ index }) => index === active);
  const lastSeen = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastSeen >= rows.length - END_ROWS) onEnd?.();
  }, [lastSeen, rows.length, onEnd]);
  const template = [
    ...(selected === undefined ? [] : [SELECT_WIDTH]),
    ...columns.map(({ width }) => width),
  ].join(" ");
  return (
    <div ref={scroller} className={cn("min-h-0 flex-1 overflow-auto", className)}>
      <div
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={isInSight ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="group/grid relative min-w-max focus-visible:outline-none"
      >
        <HeaderRow {...props} template={template} />
        <div
          role="rowgroup"
          className="relative min-w-max"
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map(({ index, start, key }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const rowKey = keyOf(row);
            return (
              <Row
                key={key}
                id={`${id}-${index}`}
                index={index}
                start={start}
                row={row}
                template={template}
                isActive={index === active}
                isOpen={openKey === rowKey}
                isSelected={selected?.has(rowKey) ?? null}
                onActivate={() => setActive(index)}
                grid={props}
              />
            );
          })}
        </div>
      </div>
      {tail}
    </div>
  );
}

interface Keys {
  readonly active: number;
  readonly setActive: (index: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function useGridKeys<T>(
  { rows, keyOf, onOpen, onMove, selected, onSelect }: GridProps<T>,
  scrollTo: (index: number) => void,
): Keys {
  const [active, setActive] = useActiveRow(rows, keyOf);
  const moveTo = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setActive(next);
    scrollTo(next);
    const row = rows[next];
    if (row !== undefined) onMove?.(row);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key, target, currentTarget } = event;
    // Keys of what is inside of a cell belong to that.
    if (target !== currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = GRID_STEPS[key];
    const row = rows[active];
    if (step !== undefined) moveTo(active + step);
    else if (key === "Home") moveTo(0);
    else if (key === "End") moveTo(rows.length - 1);
    else if (key === "Enter" && row !== undefined) onOpen?.(row);
    else if ((key === "x" || key === " ") && row !== undefined && selected !== undefined) {
      onSelect?.(toggled(selected, keyOf(row)));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return { active, setActive, onKeyDown };
}

/**
 * The index of the current row, which goes with it as rows come and go before it. Until somebody moves it
 * is the first; where the row itself goes, the one that took its place.
 */
function useActiveRow<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
): readonly [number, (index: number) => void] {
  const [wanted, setWanted] = useState<{ readonly index: number; readonly key: string | null }>({
    index: 0,
    key: null,
  });
  const at = (index: number): { readonly index: number; readonly key: string | null } => {
    const row = rows[index];
    return { index, key: row === undefined ? null : keyOf(row) };
  };
  let now = wanted;
  if (wanted.key !== null && rows.length > 0 && at(wanted.index).key !== wanted.key) {
    const found = rows.findIndex((row) => keyOf(row) === wanted.key);
    now = at(found === -1 ? Math.min(wanted.index, rows.length - 1) : found);
    setWanted(now);
  }
  const last = Math.max(0, rows.length - 1);
  return [Math.min(now.index, last), (index) => setWanted(at(index))];
}

const GRID_STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  j: 1,
  ArrowUp: -1,
  k: -1,
  PageDown: 20,
  PageUp: -20,
};

export function toggled(set: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(key)) next.add(key);
  return next;
}

function HeaderRow<T>({
  columns,
  rows,
  keyOf,
  sort,
  onSort,
  selected,
  onSelect,
  template,
}: GridProps<T> & { readonly template: string }): ReactNode {
  // Others may be selected that a filter hides now.
  const isAll =
    selected !== undefined &&
    rows.length > 0 &&
    selected.size >= rows.length &&
    rows.every((row) => selected.has(keyOf(row)));
  return (
    <div role="rowgroup" className="sticky top-0 z-10 min-w-max">
      <div
        role="row"
        className="grid h-7 items-center border-b border-line bg-surface text-xs text-muted"
        style={{ gridTemplateColumns: template }}
      >
        {selected !== undefined && (
          <div role="columnheader" className="flex justify-center">
            <input
              type="checkbox"
              aria-label="Select all"
              checked={isAll}
              onChange={() => onSelect?.(isAll ? new Set() : new Set(rows.map(keyOf)))}
              className="size-3.5 accent-accent"
            />
          </div>
        )}
        {columns.map((column) => (
          <HeaderCell key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
    </div>
  );
}

function HeaderCell<T>({
  column: { header, align, sort: by },
  sort,
  onSort,
}: {
  readonly column: Column<T>;
  readonly sort: Sort | undefined;
  readonly onSort: ((sort: Sort) => void) | undefined;
}): ReactNode {
  const place = cn(
    "flex min-w-0 items-center px-3 first:pl-4",
    align === "right" && "justify-end text-right",
  );
  if (by === undefined || onSort === undefined) {
    return (
      <div role="columnheader" className={place}>
        <span className="truncate">{header}</span>
      </div>
    );
  }
  const isSorted = sort?.by === by;
  const order = isSorted ? sort.order : null;
  return (
    <div
      role="columnheader"
      aria-sort={order === null ? "none" : order === "asc" ? "ascending" : "descending"}
      className={place}
    >
      <button
        type="button"
        onClick={() => onSort({ by, order: nextOrder(order, align === "right") })}
        className={cn(
          "flex min-w-0 items-center gap-1 hover:text-ink",
          isSorted && "font-medium text-ink",
        )}
      >
        <span className="truncate">{header}</span>
        {order === "asc" && <ArrowUp className="size-3" />}
        {order === "desc" && <ArrowDown className="size-3" />}
      </button>
    </div>
  );
}

/** Of numbers people want the large ones first. */
function nextOrder(order: "asc" | "desc" | null, isNumber: boolean): "asc" | "desc" {
  if (order === null) return isNumber ? "desc" : "asc";
  return order === "asc" ? "desc" : "asc";
}

interface RowProps<T> {
  readonly id: string;
  readonly index: number;
  readonly start: number;
  readonly row: T;
  readonly template: string;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  /** Null where rows cannot be selected. */
  readonly isSelected: boolean | null;
  readonly onActivate: () => void;
  readonly grid: GridProps<T>;
}

function Row<T>({
  id,
  index,
  start,
  row,
  template,
  isActive,
  isOpen,
  isSelected,
  onActivate,
  grid,
}: RowProps<T>): ReactNode {
  const { columns, keyOf, onOpen, selected, onSelect, rowClass } = grid;
  return (
    <div
      id={id}
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={isSelected ?? undefined}
      onClick={(event) => {
        onActivate();
        if (event.target instanceof Element && event.target.closest("a, button, input") !== null)
          return;
        if (getSelection()?.isCollapsed !== false) onOpen?.(row);
      }}
      className={cn(
        "row-height absolute inset-x-0 top-0 grid items-center border-b border-line text-sm",
        onOpen !== undefined && "cursor-default hover:bg-raised",
        isActive &&
          "group-focus-visible/grid:shadow-[inset_2px_0_0_var(--color-accent)] group-focus-visible/grid:bg-raised",
        isOpen && "bg-accent-soft hover:bg-accent-soft",
        isSelected === true && "bg-accent-soft",
        rowClass?.(row),
      )}
      style={{ gridTemplateColumns: template, transform: `translateY(${start}px)` }}
    >
      {isSelected !== null && selected !== undefined && (
        <div role="gridcell" className="flex justify-center">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select ${keyOf(row)}`}
            checked={isSelected}
            onChange={() => onSelect?.(toggled(selected, keyOf(row)))}
            className="size-3.5 accent-accent"
          />
        </div>
      )}
      {columns.map(({ id: column, cell, align }) => (
        <div
          key={column}
          role="gridcell"
          className={cn(
            "min-w-0 truncate px-3 first:pl-4",
            align === "right" && "mono text-right text-xs",
          )}
        >
          {cell(row)}
        </div>
      ))}
    </div>
  );
}
