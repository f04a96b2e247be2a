"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { ReactNode } from "react";
import { cn } from "../../lib/cn.ts";
import { formatBytes, formatCount } from "../../lib/format.ts";

export type RecordTab = "value" | "key" | "headers" | "metadata";

/** One tab stop; the arrows go from part to part. */
export function RecordTabs({
  record,
  tab,
  onTab,
}: {
  readonly record: DecodedRecord;
  readonly tab: RecordTab;
  readonly onTab: (tab: RecordTab) => void;
}): ReactNode {
  const { key, value, headers } = record;
  const tabs: readonly (readonly [RecordTab, string, string])[] = [
    ["value", "Value", value.sizeBytes === null ? "none" : formatBytes(value.sizeBytes)],
    ["key", "Key", key.sizeBytes === null ? "none" : formatBytes(key.sizeBytes)],
    ["headers", "Headers", formatCount(headers.length)],
    ["metadata", "Metadata", ""],
  ];
  return (
    <div
      role="tablist"
      aria-label="Parts of the event"
      className="flex shrink-0 border-b border-line px-2"
    >
      {tabs.map(([id, title, note]) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={tab === id}
          tabIndex={tab === id ? 0 : -1}
          onClick={() => onTab(id)}
          onKeyDown={(event) => {
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
            if (step === undefined) return;
            event.preventDefault();
            const at = tabs.findIndex(([one]) => one === tab);
            const next = tabs[(at + step + tabs.length) % tabs.length];
            if (next !== undefined) onTab(next[0]);
            const siblings = event.currentTarget.parentElement?.children;
            (
              siblings?.[(at + step + tabs.length) % tabs.length] as HTMLElement | undefined
            )?.focus();
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
  );
}
