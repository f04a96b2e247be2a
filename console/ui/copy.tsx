"use client";
import { Check, Copy } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { cn } from "../lib/cn.ts";
import { Button } from "./button.tsx";

const SHOWN_MS = 1_500;

/** Copies text; says that it has. */
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
  const [isDone, setIsDone] = useState(false);
  useEffect(() => {
    if (!isDone) return undefined;
    const timer = setTimeout(() => setIsDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  const copy = (): void => {
    void navigator.clipboard
      .writeText(typeof text === "string" ? text : text())
      .then(() => setIsDone(true));
  };
  return (
    <Button
      look="ghost"
      isIcon={children === undefined}
      onClick={copy}
      aria-label={isDone ? "Copied" : label}
      title={label}
      className={className ?? ""}
    >
      {isDone ? <Check className="text-ok" /> : <Copy />}
      {children}
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
