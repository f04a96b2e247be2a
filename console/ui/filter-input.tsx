"use client";
import { Search, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { cn } from "../lib/cn.ts";
import { useCommands } from "../lib/commands.ts";

interface FilterInputProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  /** Every keystroke is passed on at once; for what is answered as fast as somebody types. */
  readonly isInstant?: boolean;
  readonly className?: string;
}

const DEBOUNCE_MS = 120;

/** Finds rows by their names. `/` goes to it. What is typed shows at once and is asked for soon after. */
export function FilterInput({
  label,
  value,
  onChange,
  placeholder,
  isInstant = false,
  className,
}: FilterInputProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  /** What was passed on and has not come back yet: it must not overwrite what was typed since. */
  const own = useRef<readonly string[]>([value]);
  useEffect(() => {
    const at = own.current.indexOf(value);
    if (at < 0) setText(value);
    own.current = at < 0 ? [value] : own.current.slice(at);
  }, [value]);
  useEffect(() => {
    if (text === own.current.at(-1)) return undefined;
    const pass = (): void => {
      own.current = [...own.current, text];
      latest.current(text);
    };
    if (isInstant) {
      pass();
      return undefined;
    }
    const timer = setTimeout(pass, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, isInstant]);
  useCommands([
    {
      id: "filter",
      title: label,
      group: "This page",
      keys: "/",
      run: () => input.current?.focus(),
    },
  ]);
  return (
    <div className={cn("relative", className)}>
      <Search className="pointer-events-none absolute top-[7px] left-2 size-3.5 text-faint" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={text}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (text === "") event.currentTarget.blur();
          else setText("");
        }}
        className="h-7 w-full rounded-md border border-line-strong bg-surface pr-7 pl-7 text-sm placeholder:text-faint [&::-webkit-search-cancel-button]:hidden"
      />
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear the filter"
          onClick={() => setText("")}
          className="absolute top-1.5 right-1.5 text-faint hover:text-ink"
        >
          <X className="size-4" />
        </button>
      )}
    </div>
  );
}
