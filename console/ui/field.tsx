"use client";
import {
  type InputHTMLAttributes,
  type KeyboardEvent,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { cn } from "../lib/cn.ts";
import { focusChild, roved } from "./roving.ts";

const BOX =
  "w-full rounded-md border border-line-strong bg-surface px-2 text-sm text-ink placeholder:text-faint " +
  "aria-invalid:border-bad disabled:bg-raised disabled:text-faint";

export function Input({ className, ...rest }: InputHTMLAttributes<HTMLInputElement>): ReactNode {
  return (
    <input spellCheck={false} autoComplete="off" className={cn(BOX, "h-7", className)} {...rest} />
  );
}

export function Textarea({
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement>): ReactNode {
  return (
    <textarea
      spellCheck={false}
      className={cn(BOX, "mono py-1.5 text-xs leading-5", className)}
      {...rest}
    />
  );
}

/** The system's own list: works with every keyboard, screen reader and telephone. */
export function Select({
  className,
  children,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement>): ReactNode {
  return (
    <select className={cn(BOX, "h-7 w-auto pr-6", className)} {...rest}>
      {children}
    </select>
  );
}

export interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly children: (ids: { readonly id: string; readonly describedBy: string }) => ReactNode;
  readonly className?: string;
}

/** A control with its name, an explanation, and what is wrong with it once that is known. */
export function Field({ label, hint, error, children, className }: FieldProps): ReactNode {
  const id = useId();
  const describedBy = `${id}-note`;
  return (
    <div className={cn("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({ id, describedBy })}
      <p
        id={describedBy}
        className={cn("text-xs", error === undefined ? "text-faint" : "text-bad")}
      >
        {error ?? hint}
      </p>
    </div>
  );
}

export function Checkbox({
  label,
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { readonly label: ReactNode }): ReactNode {
  return (
    <label className={cn("inline-flex items-center gap-1.5 text-sm select-none", className)}>
      <input type="checkbox" className="size-3.5 accent-accent" {...rest} />
      {label}
    </label>
  );
}

interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, ReactNode])[];
  readonly onChange: (value: T) => void;
  readonly isDisabled?: boolean;
}

/** One of a few, all in sight. */
export function Segmented<T extends string>({
  label,
  value,
  options,
  onChange,
  isDisabled,
}: SegmentedProps<T>): ReactNode {
  const chosen = options.findIndex(([option]) => option === value);
  const onKeyDown = (event: KeyboardEvent, index: number): void => {
    const next = roved(event.key, index, options.length);
    const option = next === null ? undefined : options[next];
    if (next === null || option === undefined) return;
    event.preventDefault();
    onChange(option[0]);
    focusChild(event.currentTarget.parentElement, next);
  };
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="inline-flex h-7 rounded-md border border-line-strong bg-raised p-0.5"
    >
      {options.map(([option, text], index) => (
        <button
          key={option}
          type="button"
          tabIndex={index === Math.max(0, chosen) ? 0 : -1}
          onKeyDown={(event) => onKeyDown(event, index)}
          // A group of toggle buttons that are radio buttons to a reader
          role="radio"
          aria-checked={option === value}
          disabled={isDisabled}
          onClick={() => onChange(option)}
          className={cn(
            "rounded px-2 text-xs whitespace-nowrap",
            option === value
              ? "bg-surface font-medium text-ink shadow-sm"
              : "text-muted hover:text-ink",
          )}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
