"use client";
import { type ReactNode, useId } from "react";
import { Input } from "../../ui/field.tsx";
import { TimeInput } from "../../ui/time-input.tsx";
import type { ResetKind, ResetState, SetResetState } from "./reset-state.ts";

const CHOICES: readonly (readonly [ResetKind, string, string])[] = [
  ["timestamp", "A time", "the first event at or after it"],
  ["beginning", "The beginning", "everything again that is still there"],
  ["end", "The end", "only what comes from now on"],
  ["shift", "Further or back", "by so many offsets; not each of them need have an event"],
  ["offset", "An offset", "the same in every partition"],
  ["current", "Where it is", "moved into the log where that is lost"],
];

interface ResetTargetProps {
  readonly state: ResetState;
  readonly setState: SetResetState;
}

export function ResetTarget({ state, setState }: ResetTargetProps): ReactNode {
  const name = useId();
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="sr-only">Where to</legend>
      {CHOICES.map(([kind, title, text]) => (
        <div key={kind} className="flex min-h-7 flex-wrap items-center gap-x-3">
          <label className="flex items-baseline gap-2">
            <input
              type="radio"
              name={name}
              checked={state.kind === kind}
              onChange={() => setState({ kind })}
              className="shrink-0 translate-y-0.5 accent-accent"
            />
            <span className="font-medium whitespace-nowrap">{title}</span>
            <span className="text-sm text-muted">{text}</span>
          </label>
          {state.kind === kind && <Amount state={state} setState={setState} />}
        </div>
      ))}
    </fieldset>
  );
}

function Amount({ state, setState }: ResetTargetProps): ReactNode {
  if (state.kind === "timestamp") {
    return <TimeInput label="Time" value={state.at} onChange={(at) => setState({ at })} />;
  }
  if (state.kind === "shift") {
    return (
      <WholeNumber
        label="By how many offsets"
        value={state.by}
        onChange={(by) => setState({ by })}
      />
    );
  }
  if (state.kind === "offset") {
    return (
      <WholeNumber
        label="Offset"
        min={0}
        value={state.offset}
        onChange={(offset) => setState({ offset })}
      />
    );
  }
  return null;
}

function WholeNumber({
  label,
  value,
  min,
  onChange,
}: {
  readonly label: string;
  readonly value: number | null;
  readonly min?: number;
  readonly onChange: (value: number | null) => void;
}): ReactNode {
  return (
    <Input
      type="number"
      step={1}
      min={min}
      aria-label={label}
      value={value ?? ""}
      onChange={({ target }) => {
        const number = target.valueAsNumber;
        onChange(Number.isSafeInteger(number) ? number : null);
      }}
      className="mono w-36 text-xs"
    />
  );
}
