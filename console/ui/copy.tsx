"use client";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { copyText } from "../lib/clipboard.ts";
import { cn } from "../lib/cn.ts";
import { Button } from "./button.tsx";

type Outcome = "none" | "done" | "failed";

const SHOWN_MS = { done: 1_500, failed: 6_000 } as const;
const OUTCOMES = { done: "Copied", failed: "Not copied: mark it and copy it by hand" } as const;

/** Copies text; says that it has, or that it could not. */
export function CopyButton({
  text,
  label,
  children,
  className,
}: {
  readonly text: string | (() => string);
  readonly label: string;
  readonly children?: ReactNode;
  readonly className?: string;
}): ReactNode {
  const [outcome, setOutcome] = useState<Outcome>("none");
  useEffect(() => {
    if (outcome === "none") return undefined;
    const timer = setTimeout(() => setOutcome("none"), SHOWN_MS[outcome]);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = (): void => {
    void copyText(typeof text === "string" ? text : text()).then(
      () => setOutcome("done"),
      () => setOutcome("failed"),
    );
  };
  return (
    <Button
      look="ghost"
      isIcon={children === undefined && outcome !== "failed"}
      onClick={copy}
      aria-label={outcome === "none" ? label : OUTCOMES[outcome]}
      title={label}
      className={className ?? ""}
    >
      {outcome === "done" ? <Check className="text-ok" /> : <Copy />}
      {outcome === "failed" ? <span className="text-bad">{OUTCOMES.failed}</span> : children}
    </Button>
  );
}

/** A command to be copied and run elsewhere. */
export function CodeBlock({
  code,
  className,
}: {
  readonly code: string;
  readonly className?: string;
}): ReactNode {
  return (
    <div className={cn("flex items-start rounded-md border border-line bg-canvas", className)}>
      {/* What scrolls must be reachable by keyboard */}
      <pre
        tabIndex={0}
        aria-label="Code"
        className="mono min-w-0 flex-1 overflow-x-auto py-2 pl-3 text-left text-xs leading-5"
      >
        {code}
      </pre>
      <CopyButton text={code} label="Copy" className="m-1" />
    </div>
  );
}
