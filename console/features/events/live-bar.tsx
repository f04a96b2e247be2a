/** What live mode is doing: loud while it flows, and in words while it is paused. */
"use client";
import { Eraser, Pause, Play } from "lucide-react";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.ts";
import { StatusDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { describe } from "../../ui/states.tsx";
import { LIVE_ROWS_MAX } from "./live-buffer.ts";
import type { LiveControl } from "./use-live.ts";

export function LiveBar({ live }: { readonly live: LiveControl }): ReactNode {
  const { view, isPaused, setIsPaused, clear, droppedUpstream, gapCount, error } = live;
  const { heldCount, droppedCount, totalCount } = view;
  return (
    <div className="flex min-h-7 items-center gap-3 border-y border-line bg-canvas px-4 text-xs text-muted">
      <span role="status" className="flex items-center gap-1.5 font-medium text-ink">
        <StatusDot
          tone={error !== null ? "bad" : isPaused ? "warn" : "ok"}
          isLive={error === null && !isPaused}
        />
        {error !== null
          ? "Broken off; trying again"
          : isPaused
            ? "Paused: the rows stay as they are"
            : "Live"}
      </span>
      {error !== null && <span className="truncate">{describe(error).detail}</span>}
      <span className="mono">{formatCount(totalCount)} came</span>
      {droppedCount > 0 && (
        <span className="mono" title={`The page keeps the newest ${formatCount(LIVE_ROWS_MAX)}`}>
          {formatCount(droppedCount)} no longer shown
        </span>
      )}
      {droppedUpstream > 0 && (
        <span className="mono text-warn" title="This page was too slow for them, or not in sight">
          {formatCount(droppedUpstream)} left out
        </span>
      )}
      {gapCount > 0 && (
        <span
          className="text-warn"
          title="The stream began anew, at what was then the newest event"
        >
          {gapCount === 1 ? "1 gap" : `${formatCount(gapCount)} gaps`}: what came there is not shown
        </span>
      )}
      <span className="ml-auto flex items-center gap-1">
        {isPaused && heldCount > 0 && (
          <Button
            look="primary"
            className="h-6 rounded-full text-xs"
            onClick={() => setIsPaused(false)}
          >
            {formatCount(heldCount)} new: show them
          </Button>
        )}
        <Button look="ghost" className="h-6 text-xs" onClick={() => setIsPaused(!isPaused)}>
          {isPaused ? <Play /> : <Pause />} {isPaused ? "Go on" : "Pause"}
        </Button>
        <Button look="ghost" className="h-6 text-xs" onClick={clear}>
          <Eraser /> Clear
        </Button>
      </span>
    </div>
  );
}
