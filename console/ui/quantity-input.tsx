"use client";
import { type ReactNode, useState } from "react";
import { cn } from "../lib/cn.ts";
import { describeAmount, fromAmount, toAmount, type Unit } from "../lib/quantity.ts";
import { Input, Select } from "./field.tsx";

interface QuantityInputProps {
  readonly id?: string;
  readonly label: string;
  readonly units: readonly Unit[];
  /** As the setting has it, in the base unit; empty: not set. */
  readonly value: string;
  /** What counts where nothing is set. */
  readonly fallback: string | null;
  readonly onChange: (value: string) => void;
  readonly isDisabled?: boolean;
  readonly isInvalid?: boolean;
  readonly className?: string;
}

/** A number and its unit. */
export function QuantityInput(props: QuantityInputProps): ReactNode {
  const { id, label, units, value, fallback, onChange, isDisabled, isInvalid, className } = props;
  const amount = toAmount(value, units);
  const start = value === "" && fallback !== null ? toAmount(fallback, units).unit : amount.unit;
  const [chosen, setChosen] = useState(start.name);
  const [text, setText] = useState(amount.count);
  const unit = units.find(({ name }) => name === chosen) ?? amount.unit;
  // The value may have been changed elsewhere, by a preset.
  const isOwn = fromAmount({ count: text, unit }) === value;
  const shown = isOwn ? { count: text, unit } : amount;
  const change = (count: string, next: Unit): void => {
    setText(count);
    setChosen(next.name);
    onChange(fromAmount({ count, unit: next }));
  };
  return (
    <div className={cn("flex", className)}>
      <Input
        id={id}
        aria-label={label}
        inputMode="decimal"
        value={shown.count}
        placeholder={fallback === null ? "not set" : describeAmount(fallback, units)}
        disabled={isDisabled}
        aria-invalid={isInvalid}
        onChange={(event) => change(event.target.value, shown.count === "" ? start : shown.unit)}
        className="mono rounded-r-none text-xs"
      />
      <Select
        aria-label={`${label}: unit`}
        value={(value === "" ? unit : shown.unit).name}
        disabled={isDisabled}
        onChange={(event) =>
          change(shown.count, units.find(({ name }) => name === event.target.value) ?? unit)
        }
        className="rounded-l-none border-l-0 text-xs"
      >
        {units.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
    </div>
  );
}
