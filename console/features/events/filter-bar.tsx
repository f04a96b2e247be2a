/** Conditions on events: chips, or the same as text. Every chip can be switched off without being lost. */
"use client";
import { type FilterChip, parseFilter } from "@runnel/contracts/filter-parser.ts";
import { printCondition, printFilter } from "@runnel/contracts/filter-printer.ts";
import { Filter, Type, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, type RefObject, useId, useRef, useState } from "react";
import { cn } from "../../lib/cn.ts";
import { useCommands } from "../../lib/commands.ts";
import { Button } from "../../ui/button.tsx";
import { type Completion, complete } from "./completion.ts";

interface FilterBarProps {
  /** As the address has it. */
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Seen in events, as the filter writes them. */
  readonly fields: readonly string[];
}

interface Fault {
  readonly message: string;
  readonly marked: string;
}

export function FilterBar({ text, onChange, fields }: FilterBarProps): ReactNode {
  const [isText, setIsText] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const parsed = parseFilter(text);
  const chips = parsed.kind === "filter" ? parsed.chips : null;
  useCommands([
    {
      id: "events-filter",
      title: "Filter events",
      group: "This page",
      keys: "/",
      run: () => input.current?.focus(),
    },
    {
      id: "events-filter-text",
      title: "Filter as text or as chips",
      group: "This page",
      run: () => setIsText(!isText),
    },
  ]);
  const showsText = isText || chips === null;
  const setChips = (next: readonly FilterChip[]): void => onChange(printFilter(next));
  /** True if it was taken. */
  const take = (typed: string, isWhole: boolean): boolean => {
    const next = parseFilter(typed);
    if (next.kind === "error") {
      setFault({ message: next.message, marked: typed.slice(next.start, next.end) });
      return false;
    }
    setFault(null);
    if (isWhole) onChange(typed.trim());
    else setChips([...(chips ?? []), ...next.chips]);
    return true;
  };
  return (
    <div className="min-w-0 flex-1">
      <div className="flex min-h-8 flex-wrap items-center gap-1 rounded-md border border-line-strong bg-surface px-1.5 py-0.5 focus-within:border-accent">
        <Filter className="mx-0.5 size-3.5 shrink-0 text-faint" />
        {!showsText &&
          chips.map((chip, index) => (
            <Chip
              key={`${index}${printCondition(chip.condition)}`}
              chip={chip}
              onToggle={() =>
                setChips(
                  chips.map((one, at) => (at === index ? { ...one, isOff: !one.isOff } : one)),
                )
              }
              onRemove={() => setChips(chips.filter((_, at) => at !== index))}
            />
          ))}
        <FilterInput
          inputRef={input}
          start={showsText ? text : ""}
          isWhole={showsText}
          fields={fields}
          isEmpty={chips?.length === 0}
          onTake={(typed) => take(typed, showsText)}
          onType={() => setFault(null)}
          onBackspace={() => {
            if (!showsText && chips.length > 0) setChips(chips.slice(0, -1));
          }}
        />
        {text !== "" && (
          <Button
            look="ghost"
            isIcon
            className="size-6"
            aria-label="Remove all conditions"
            title="Remove all conditions"
            onClick={() => {
              setFault(null);
              onChange("");
            }}
          >
            <X />
          </Button>
        )}
        <Button
          look="ghost"
          isIcon
          className={cn("size-6", showsText && "text-accent")}
          aria-pressed={showsText}
          aria-label="The filter as text"
          title="The filter as text"
          onClick={() => setIsText(!isText)}
        >
          <Type />
        </Button>
      </div>
      {fault !== null && (
        <p role="alert" className="pt-0.5 text-xs text-bad">
          {fault.marked !== "" && (
            <span className="mono mr-1 bg-bad-soft px-1">{fault.marked.slice(0, 60)}</span>
          )}
          {fault.message}
        </p>
      )}
      {fault === null && parsed.kind === "error" && (
        <p role="alert" className="pt-0.5 text-xs text-bad">
          {parsed.message}
        </p>
      )}
    </div>
  );
}

interface ChipProps {
  readonly chip: FilterChip;
  readonly onToggle: () => void;
  readonly onRemove: () => void;
}

function Chip({ chip, onToggle, onRemove }: ChipProps): ReactNode {
  const text = printCondition(chip.condition);
  return (
    <span
      className={cn(
        "mono inline-flex h-6 max-w-96 items-center rounded text-xs",
        chip.isOff ? "bg-raised text-faint line-through" : "bg-accent-soft text-accent",
      )}
    >
      <button
        type="button"
        aria-pressed={!chip.isOff}
        title={chip.isOff ? "Switch it on" : "Switch it off, and keep it"}
        onClick={onToggle}
        className="truncate rounded-l px-1.5 hover:underline"
      >
        {text}
      </button>
      <button
        type="button"
        aria-label={`Remove ${text}`}
        onClick={onRemove}
        className="grid h-full w-5 place-items-center rounded-r hover:bg-raised"
      >
        <X className="size-3" />
      </button>
    </span>
  );
}

interface FilterInputProps {
  readonly inputRef: RefObject<HTMLInputElement | null>;
  /** What stands there, until it is edited; it follows the filter. */
  readonly start: string;
  /** It holds the whole filter, and keeps it when it is taken. */
  readonly isWhole: boolean;
  readonly fields: readonly string[];
  readonly isEmpty: boolean;
  readonly onTake: (text: string) => boolean;
  readonly onType: () => void;
  /** In an empty field. */
  readonly onBackspace: () => void;
}

const NOTHING: Completion = { start: 0, suggestions: [] };

function FilterInput(props: FilterInputProps): ReactNode {
  const { inputRef, start, isWhole, fields, isEmpty, onTake, onType, onBackspace } = props;
  const [text, setText] = useState(start);
  const [shown, setShown] = useState(start);
  if (shown !== start) {
    setShown(start);
    setText(start);
  }
  const [completion, setCompletion] = useState(NOTHING);
  /** −1: none is chosen, and Enter takes what was typed. */
  const [active, setActive] = useState(-1);
  const list = useId();
  const { suggestions } = completion;
  const suggest = (value: string, cursor: number): void => {
    setCompletion(complete(value, cursor, fields));
    setActive(-1);
  };
  const accept = (index: number): void => {
    const chosen = suggestions[index];
    const cursor = inputRef.current?.selectionStart ?? text.length;
    if (chosen === undefined) return;
    const next = text.slice(0, completion.start) + chosen.text + text.slice(cursor);
    setText(next);
    suggest(next, completion.start + chosen.text.length);
  };
  const submit = (): void => {
    if (text.trim() === "" && start === "") return;
    if (!onTake(text)) return;
    if (!isWhole) setText("");
    setCompletion(NOTHING);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (suggestions.length === 0)
        suggest(text, event.currentTarget.selectionStart ?? text.length);
      else {
        // Beyond either end of the list is what was typed.
        const places = suggestions.length + 1;
        const place = (active + 1 + (key === "ArrowDown" ? 1 : -1) + places) % places;
        setActive(place - 1);
      }
    } else if (key === "Tab" && active >= 0) accept(active);
    else if (key === "Enter" && active >= 0) accept(active);
    else if (key === "Enter") submit();
    else if (key === "Escape" && suggestions.length > 0) setCompletion(NOTHING);
    else if (key === "Escape") event.currentTarget.blur();
    else if (key === "Backspace" && text === "") {
      // Held to clear the words, it stops in front of the chips.
      if (!event.repeat) onBackspace();
    } else return;
    if (key !== "Backspace") event.preventDefault();
  };
  return (
    <span className="relative min-w-40 flex-1">
      <input
        ref={inputRef}
        role="combobox"
        aria-label="Filter events"
        aria-expanded={suggestions.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${list}-${active}` : undefined}
        value={text}
        spellCheck={false}
        autoComplete="off"
        placeholder={isEmpty ? 'key="o-17"   value.total>30   header.trace=…   words   Enter' : ""}
        onChange={({ target }) => {
          setText(target.value);
          onType();
          suggest(target.value, target.selectionStart ?? target.value.length);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setCompletion(NOTHING)}
        className="mono h-6 w-full bg-transparent px-1 text-xs outline-none placeholder:text-faint"
      />
      <ul
        id={list}
        role="listbox"
        aria-label="Suggestions"
        className={cn(
          "absolute top-7 left-0 z-30 max-h-72 w-96 overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-pop",
          suggestions.length === 0 && "hidden",
        )}
      >
        {suggestions.map(({ text: suggestion, note }, index) => (
          <li
            key={suggestion}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === active}
            // Before the input loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              accept(index);
            }}
            className={cn(
              "flex h-6 items-center justify-between gap-4 rounded px-2 hover:bg-raised",
              index === active && "bg-accent-soft",
            )}
          >
            <span className="mono truncate text-xs">{suggestion}</span>
            <span className="truncate text-xs text-faint">{note}</span>
          </li>
        ))}
      </ul>
    </span>
  );
}
