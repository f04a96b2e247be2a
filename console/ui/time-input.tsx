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
  /** Null: nothing is typed, or nothing that is a time, unless `onUnclear` takes the latter. */
  readonly onChange: (at: number | null) => void;
  /** What is typed is no time; `value` should be null then. For forms where null has a meaning. */
  readonly onUnclear?: () => void;
  readonly className?: string;
}

/** A point in time as text: `15m`, `2026-11-24 05:37`, ms. Says what it understood. */
export function TimeInput({
  label,
  value,
  onChange,
  onUnclear,
  className,
}: TimeInputProps): ReactNode {
  const { zone } = usePreferences();
  const show = (at: number | null): string => (at === null ? "" : formatTime(at, zone));
  const [typed, setTyped] = useState(() => ({ text: show(value), at: value, seen: value }));
  // The text stays as it was typed until the value becomes one that it does not stand for.
  const isOther = value !== typed.seen && value !== typed.at;
  if (value !== typed.seen) {
    setTyped(isOther ? { text: show(value), at: value, seen: value } : { ...typed, seen: value });
  }
  const { text } = typed;
  const at = text === "" ? null : value;
  const change = (next: string): void => {
    const parsed = next === "" ? null : parseTime(next, zone, Date.now());
    setTyped({ ...typed, text: next, at: parsed });
    if (next !== "" && parsed === null && onUnclear !== undefined) onUnclear();
    else onChange(parsed);
  };
  return (
    <span className={cn("flex items-center gap-2", className)}>
      <Input
        aria-label={label}
        value={text}
        placeholder="15m, 2026-11-24 05:37, now"
        aria-invalid={text !== "" && at === null}
        onChange={({ target }) => change(target.value)}
        className="mono w-56 text-xs"
      />
      <span className={cn("mono text-xs", at === null ? "text-bad" : "text-faint")}>
        {text === "" ? "" : at === null ? "no such time" : formatTime(at, zone)}
      </span>
    </span>
  );
}
