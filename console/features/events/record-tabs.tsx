"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { type ReactNode, useId } from "react";
import { cn } from "../../lib/cn.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { focusChild, roved } from "../../ui/roving.ts";

export type RecordTab = "value" | "key" | "headers" | "metadata";

/** One tab stop; the arrows go from part to part. */
export function RecordTabs({
  record,
  tab,
  onTab,
  children,
}: {
  readonly record: DecodedRecord;
  readonly tab: RecordTab;
  readonly onTab: (tab: RecordTab) => void;
  /** The part that is chosen. */
  readonly children: ReactNode;
}): ReactNode {
  const panel = useId();
  const { key, value, headers } = record;
  const tabs: readonly (readonly [RecordTab, string, string])[] = [
    ["value", "Value", value.sizeBytes === null ? "none" : formatBytes(value.sizeBytes)],
    ["key", "Key", key.sizeBytes === null ? "none" : formatBytes(key.sizeBytes)],
    ["headers", "Headers", formatCount(headers.length)],
    ["metadata", "Metadata", ""],
  ];
  return (
    <>
      <div
        role="tablist"
        aria-label="Parts of the event"
        className="flex shrink-0 border-b border-line px-2"
      >
        {tabs.map(([id, title, note], index) => (
          <button
            key={id}
            id={`${panel}-${id}`}
            type="button"
            role="tab"
            aria-selected={tab === id}
            aria-controls={tab === id ? panel : undefined}
            tabIndex={tab === id ? 0 : -1}
            onClick={() => onTab(id)}
            onKeyDown={(event) => {
              const next = roved(event.key, index, tabs.length);
              const part = next === null ? undefined : tabs[next];
              if (next === null || part === undefined) return;
              event.preventDefault();
              onTab(part[0]);
              focusChild(event.currentTarget.parentElement, next);
            }}
            className={cn(
              "relative flex h-8 items-center gap-1.5 px-2 text-sm",
              tab === id
                ? "font-medium after:absolute after:inset-x-1 after:bottom-[-1px] after:h-0.5 after:bg-accent"
                : "text-muted hover:text-ink",
            )}
          >
            {title}
            {note !== "" && <span className="text-2xs text-faint">{note}</span>}
          </button>
        ))}
      </div>
      <div
        id={panel}
        role="tabpanel"
        aria-labelledby={`${panel}-${tab}`}
        className="flex min-h-0 flex-1 flex-col"
      >
        {children}
      </div>
    </>
  );
}
