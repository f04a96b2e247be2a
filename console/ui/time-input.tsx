"use client";
import { type ReactNode, useState } from "react";
import { cn } from "../lib/cn.ts";
import { formatTime } from "../lib/format.ts";
import { usePreferences } from "../lib/preferences.ts";
import { parseTime } from "../lib/time-text.ts";
import { Input } from "./field.tsx";

interface TimeInputProps {
  readonly label: string;
  readonly value: number | null;
  readonly onChange: (at: number | null) => void;
  readonly className?: string;
}

/** A point in time as text: `15m`, `2026-11-24 05:37`, ms. Says what it understood. */
export function TimeInput({ label, value, onChange, className }: TimeInputProps): ReactNode {
  const { zone } = usePreferences();
  const [text, setText] = useState(value === null ? "" : formatTime(value, zone));
  const at = text === "" ? null : value;
  return (
    <span className={cn("flex items-center gap-2", className)}>
      <Input
        aria-label={label}
        value={text}
        placeholder="15m, 2026-11-24 05:37, now"
        aria-invalid={text !== "" && at === null}
        onChange={(event) => {
          setText(event.target.value);
          onChange(
            event.target.value === "" ? null : parseTime(event.target.value, zone, Date.now()),
          );
        }}
        className="mono w-56 text-xs"
      />
      <span className={cn("mono text-xs", at === null ? "text-bad" : "text-faint")}>
        {text === "" ? "" : at === null ? "no such time" : formatTime(at, zone)}
      </span>
    </span>
  );
}
