/** What stands where data would: nothing there, nothing found, or something went wrong. */
"use client";
import { CircleAlert, RotateCw, SearchX, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError, isUnreachable } from "../lib/api.ts";
import { CopyError } from "../lib/clipboard.ts";
import { Button } from "./button.tsx";
import { CopyButton } from "./copy.tsx";

interface EmptyProps {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** There is nothing yet: says what would be here and how to get it. */
export function Empty({ icon, title, children, actions }: EmptyProps): ReactNode {
  return (
    <div className="mx-auto flex max-w-xl flex-col items-center gap-2 px-4 py-14 text-center">
      {icon !== undefined && (
        <div className="mb-1 grid size-10 place-items-center rounded-lg border border-line bg-raised text-muted [&_svg]:size-5">
          {icon}
        </div>
      )}
      <h2 className="text-lg font-semibold">{title}</h2>
      {children !== undefined && <div className="text-muted">{children}</div>}
      {actions !== undefined && <div className="mt-2 flex gap-2">{actions}</div>}
    </div>
  );
}

/** There is something, but the filter hides it. */
export function FilteredEmpty({
  what,
  onClear,
}: {
  readonly what: string;
  readonly onClear: () => void;
}): ReactNode {
  return (
    <Empty
      icon={<SearchX />}
      title={`No ${what} match`}
      actions={
        <Button onClick={onClear} look="plain">
          Clear the filter
        </Button>
      }
    >
      <p>The filter leaves nothing over.</p>
    </Empty>
  );
}

interface ProblemProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly isRetrying?: boolean;
  /** In place of the whole panel, a line beside data that is shown still. */
  readonly isInline?: boolean;
}

/** What went wrong, what to do about it, and the raw words behind a fold. */
export function ProblemPanel({ error, onRetry, isRetrying, isInline }: ProblemProps): ReactNode {
  const { title, detail, remedy, raw } = describe(error);
  const Icon = isUnreachable(error) ? Unplug : CircleAlert;
  return (
    <div
      role="alert"
      className={
        isInline === true
          ? "rounded-md border border-bad/40 bg-bad-soft px-3 py-2"
          : "mx-auto my-10 w-full max-w-2xl rounded-lg border border-line bg-surface p-4"
      }
    >
      <div className="flex items-start gap-3">
        <Icon className="mt-0.5 size-4 shrink-0 text-bad" />
        <div className="min-w-0 flex-1">
          <p className="font-semibold">{title}</p>
          <p className="break-words text-muted">{detail}</p>
          {remedy !== null && <p className="mt-1">{remedy}</p>}
          <details className="mt-2 text-xs text-muted">
            <summary>Details</summary>
            <div className="mt-1 flex items-start gap-2">
              <pre className="mono min-w-0 flex-1 overflow-x-auto rounded bg-raised p-2">{raw}</pre>
              <CopyButton text={raw} label="Copy the details" />
            </div>
          </details>
        </div>
        {onRetry !== undefined && (
          <Button onClick={onRetry} disabled={isRetrying}>
            <RotateCw /> Try again
          </Button>
        )}
      </div>
    </div>
  );
}

interface Description {
  readonly title: string;
  readonly detail: string;
  readonly remedy: string | null;
  readonly raw: string;
}

export function describe(error: unknown): Description {
  if (error instanceof ApiError) {
    const { title, detail, remedy } = error.problem;
    return {
      title,
      detail: sentence(detail),
      remedy: remedy === undefined || remedy === "" ? null : sentence(remedy),
      raw: JSON.stringify(error.problem, null, 2),
    };
  }
  if (error instanceof CopyError) {
    const { message } = error;
    return { title: "Nothing was copied", detail: sentence(message), remedy: null, raw: message };
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    title: "Something went wrong on this page",
    detail: message,
    remedy: "Reload it. If that does not help, please report the details.",
    raw: stack ?? message,
  };
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
