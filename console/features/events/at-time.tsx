/** A time to look at a topic as it was: typed, or found along its history. */
"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { topicQuery } from "../../lib/data/topics.ts";
import { formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { TimeInput } from "../../ui/time-input.tsx";

interface AtTimeProps {
  readonly topic: string;
  /** Null: now. */
  readonly at: number | null;
  readonly onChange: (at: number | null) => void;
}

/** For arrow keys; the text beside it is as exact as one likes. */
const STEPS_MAX = 200;

export function AtTime({ topic, at, onChange }: AtTimeProps): ReactNode {
  const { zone } = usePreferences();
  const { data } = useQuery(topicQuery(topic));
  const [dragged, setDragged] = useState<number | null>(null);
  // What is typed keeps its text; only what was dragged replaces it.
  const [draggedCount, setDraggedCount] = useState(0);
  const [from, to] = [data?.oldestEventAt ?? null, data?.lastEventAt ?? null];
  const shown = dragged ?? at ?? to ?? 0;
  const steps = Math.min(STEPS_MAX, (to ?? 0) - (from ?? 0));
  const settle = (): void => {
    if (dragged === null) return;
    onChange(dragged >= (to ?? 0) ? null : dragged);
    setDragged(null);
    setDraggedCount(draggedCount + 1);
  };
  return (
    <span className="flex items-center gap-2">
      <span className="text-sm text-muted">As it was</span>
      {from !== null && to !== null && to > from && (
        <input
          type="range"
          aria-label="As it was, along the time of the topic"
          aria-valuetext={shown >= to ? "now" : formatTime(shown, zone)}
          // Steps instead of times: the last one is the end, whatever the span can be divided by.
          min={0}
          max={steps}
          value={Math.round(((shown - from) / (to - from)) * steps)}
          onChange={({ target }) =>
            setDragged(from + Math.round(((to - from) * Number(target.value)) / steps))
          }
          onPointerUp={settle}
          onKeyUp={settle}
          onBlur={settle}
          className="w-40 accent-accent"
        />
      )}
      {dragged === null ? (
        <TimeInput key={draggedCount} label="As it was at" value={at} onChange={onChange} />
      ) : (
        <span className="mono flex h-7 w-56 items-center px-2 text-xs">
          {dragged >= (to ?? 0) ? "now" : formatTime(dragged, zone)}
        </span>
      )}
    </span>
  );
}
