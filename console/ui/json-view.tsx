/** JSON as a tree: rows in sight only, parsed elsewhere, each field with what one may want of it. */
"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, ChevronRight, FoldVertical, UnfoldVertical } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { copyText } from "../lib/clipboard.ts";
import { cn } from "../lib/cn.ts";
import { JsonClient } from "../lib/json-client.ts";
import type { JsonChange } from "../lib/json-protocol.ts";
import type { JsonKind, JsonRow } from "../lib/json-tree.ts";
import { Button } from "./button.tsx";
import { Menu, MenuItem, MenuSeparator } from "./menu.tsx";
import { toastDone, toastFailed } from "./toast.tsx";

/** A verb for a field of the tree. */
export interface FieldAction {
  readonly title: string;
  readonly run: (row: JsonRow) => void;
  /** Left out: for every row. */
  readonly isFor?: (row: JsonRow) => boolean;
}

interface JsonViewProps {
  readonly text: string;
  readonly actions?: readonly FieldAction[];
  readonly className?: string;
}

const ROW_PX = 22;
const OVERSCAN_ROWS = 30;
const WINDOW_ROWS = 200;

const KIND_CLASSES: Readonly<Record<JsonKind, string>> = {
  object: "text-faint",
  array: "text-faint",
  string: "text-ok",
  number: "text-accent",
  boolean: "text-violet",
  null: "text-faint italic",
};

type State =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | {
      readonly kind: "open";
      readonly client: JsonClient;
      readonly rowCount: number;
      readonly repeatedNames: readonly string[];
      readonly change: number;
    };

export function JsonView({ text, actions = [], className }: JsonViewProps): ReactNode {
  const [state, setState] = useState<State>({ kind: "loading" });
  useEffect(() => {
    const client = new JsonClient();
    let isGone = false;
    setState({ kind: "loading" });
    client.open(text).then(
      ({ rowCount, repeatedNames }) => {
        if (!isGone) setState({ kind: "open", client, rowCount, repeatedNames, change: 0 });
      },
      (error: unknown) => {
        if (!isGone) setState({ kind: "failed", message: String((error as Error).message) });
      },
    );
    return () => {
      isGone = true;
      client.close();
    };
  }, [text]);
  if (state.kind === "loading") return <p className="p-3 text-muted">Reading …</p>;
  if (state.kind === "failed") return <p className="p-3 text-muted">{state.message}</p>;
  const { client, repeatedNames } = state;
  const change = (request: JsonChange): void => {
    void client
      .change(request)
      .then((rowCount) => setState({ ...state, rowCount, change: state.change + 1 }));
  };
  return (
    <div className={cn("flex min-h-0 flex-1 flex-col", className)}>
      <div className="flex items-center gap-1 px-2 py-1">
        <Button look="ghost" className="h-6 text-xs" onClick={() => change({ kind: "unfoldAll" })}>
          <UnfoldVertical /> Unfold all
        </Button>
        <Button look="ghost" className="h-6 text-xs" onClick={() => change({ kind: "foldAll" })}>
          <FoldVertical /> Fold
        </Button>
      </div>
      {repeatedNames.length > 0 && (
        <p role="note" className="px-3 pb-1 text-xs text-warn">
          Of names that an object has more than once only the last is here:{" "}
          <bdi className="mono">{repeatedNames.join(", ")}</bdi>. Raw shows all of them.
        </p>
      )}
      <Rows
        state={state}
        actions={actions}
        onToggle={(index) => change({ kind: "toggle", index })}
      />
    </div>
  );
}

interface RowsProps {
  readonly state: Extract<State, { kind: "open" }>;
  readonly actions: readonly FieldAction[];
  readonly onToggle: (index: number) => void;
}

function Rows({ state: { client, rowCount, change }, actions, onToggle }: RowsProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  const start = Math.max(0, Math.floor((items[0]?.index ?? 0) / WINDOW_ROWS) * WINDOW_ROWS);
  const end = Math.ceil(((items.at(-1)?.index ?? 0) + 1) / WINDOW_ROWS) * WINDOW_ROWS;
  const [loaded, setLoaded] = useState<{
    readonly start: number;
    readonly rows: readonly JsonRow[];
  }>({
    start: 0,
    rows: [],
  });
  // A fold changes the rows without changing the window
  useEffect(() => {
    let isGone = false;
    void client.rows(start, end).then((rows) => {
      if (!isGone) setLoaded({ start, rows });
    });
    return () => {
      isGone = true;
    };
  }, [client, start, end, change]);
  const rowAt = (index: number): JsonRow | undefined => loaded.rows[index - loaded.start];
  // What is out of sight is not in the page, and cannot be pointed at.
  const isInSight = rowAt(active) !== undefined && items.some(({ index }) => index === active);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const row = rowAt(active);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step !== undefined) {
      const next = Math.max(0, Math.min(rowCount - 1, active + step));
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === "ArrowRight" && row?.isOpen === false) onToggle(active);
    else if (event.key === "ArrowLeft" && row?.isOpen === true) onToggle(active);
    else if (event.key === "Enter") onToggle(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={scroller}
      role="tree"
      aria-label="JSON"
      aria-activedescendant={isInSight ? `${id}-${active}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
      className="group/tree min-h-24 flex-1 overflow-auto focus-visible:outline-none"
    >
      <div className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start: top }) => {
          const row = rowAt(index);
          return row === undefined ? null : (
            <TreeRow
              key={row.id}
              id={`${id}-${index}`}
              row={row}
              top={top}
              isActive={index === active}
              actions={actions}
              onToggle={() => {
                setActive(index);
                onToggle(index);
              }}
              onCopy={() => {
                // A row has no more than the begin of a long value.
                client
                  .textOf(index)
                  .then((json) => copyText(plainText(json)))
                  .then(
                    () => toastDone("The value is copied"),
                    (error: unknown) => toastFailed("The value could not be copied", error),
                  );
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

interface TreeRowProps {
  readonly id: string;
  readonly row: JsonRow;
  readonly top: number;
  readonly isActive: boolean;
  readonly actions: readonly FieldAction[];
  readonly onToggle: () => void;
  readonly onCopy: () => void;
}

function TreeRow({ id, row, top, isActive, actions, onToggle, onCopy }: TreeRowProps): ReactNode {
  const { depth, key, kind, text, isCut, childCount, isOpen } = row;
  const isContainer = kind === "object" || kind === "array";
  const [open, close] = kind === "array" ? ["[", "]"] : ["{", "}"];
  const usable = actions.filter(({ isFor }) => isFor === undefined || isFor(row));
  return (
    <div
      id={id}
      role="treeitem"
      aria-level={depth + 1}
      aria-expanded={childCount > 0 ? isOpen : undefined}
      aria-selected={isActive}
      tabIndex={-1}
      onClick={childCount > 0 && !isOpen ? onToggle : undefined}
      className={cn(
        "mono group/row absolute inset-x-0 flex h-[22px] items-center pr-2 text-xs whitespace-pre hover:bg-raised",
        isActive &&
          "group-focus-visible/tree:bg-raised group-focus-visible/tree:shadow-[inset_2px_0_0_var(--color-accent)]",
      )}
      style={{ transform: `translateY(${top}px)`, paddingLeft: 8 + depth * 14 }}
    >
      {childCount > 0 ? (
        <button
          type="button"
          tabIndex={-1}
          aria-label={isOpen ? "Fold" : "Unfold"}
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
          className="mr-0.5 grid size-4 place-items-center text-faint hover:text-ink"
        >
          {isOpen ? <ChevronDown className="size-3.5" /> : <ChevronRight className="size-3.5" />}
        </button>
      ) : (
        <span className="mr-0.5 w-4" />
      )}
      {key !== null && (
        <span className={typeof key === "number" ? "text-faint" : "text-ink"}>
          {key}
          <span className="text-faint">: </span>
        </span>
      )}
      {isContainer ? (
        <span className="text-faint">
          {open}
          {!isOpen && childCount > 0 && (
            <>
              <span className="text-muted">
                {" "}
                {text}
                {isCut ? "…" : ""}{" "}
              </span>
              {close}
            </>
          )}
          {childCount === 0 && close}
          <span className="ml-1.5 text-2xs">{childCount > 0 ? childCount : ""}</span>
        </span>
      ) : (
        <span className={KIND_CLASSES[kind]}>
          {text}
          {isCut && "…"}
        </span>
      )}
      <span className="ml-2 opacity-0 group-focus-within/row:opacity-100 group-hover/row:opacity-100">
        <Menu
          label="What to do with this field"
          isIcon
          className="h-5 w-5"
          trigger={<ChevronDown />}
        >
          {usable.map(({ title, run }) => (
            <MenuItem key={title} onSelect={() => run(row)}>
              {title}
            </MenuItem>
          ))}
          {usable.length > 0 && <MenuSeparator />}
          <MenuItem onSelect={onCopy}>Copy the value</MenuItem>
          <MenuItem onSelect={() => copyPath(row)}>Copy the path</MenuItem>
        </Menu>
      </span>
    </div>
  );
}

function copyPath(row: JsonRow): void {
  copyText(pathText(row)).then(
    () => toastDone("The path is copied"),
    (error: unknown) => toastFailed("The path could not be copied", error),
  );
}

/** A text without its quotes; everything else as JSON. */
function plainText(json: string): string {
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}

/** As people write it: `$.items[0].name`. */
function pathText({ path }: JsonRow): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === "number"
        ? `${text}[${step}]`
        : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(step)
          ? `${text}.${step}`
          : `${text}[${JSON.stringify(step)}]`,
    "$",
  );
}
