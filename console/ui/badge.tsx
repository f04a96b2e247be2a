import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";

export type Tone = "neutral" | "ok" | "warn" | "bad" | "accent" | "violet";

const TONES: Readonly<Record<Tone, string>> = {
  neutral: "bg-raised text-muted",
  ok: "bg-ok-soft text-ok",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  accent: "bg-accent-soft text-accent",
  violet: "bg-violet-soft text-violet",
};

const DOTS: Readonly<Record<Tone, string>> = {
  neutral: "bg-faint",
  ok: "bg-ok",
  warn: "bg-warn",
  bad: "bg-bad",
  accent: "bg-accent",
  violet: "bg-violet",
};

interface BadgeProps {
  readonly tone?: Tone;
  readonly children: ReactNode;
  readonly title?: string;
  readonly className?: string;
}

export function Badge({ tone = "neutral", children, title, className }: BadgeProps): ReactNode {
  return (
    <span
      title={title}
      className={cn(
        "inline-flex h-[18px] items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap",
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}

/** A dot that never stands without words. */
export function StatusDot({
  tone,
  isLive = false,
}: {
  readonly tone: Tone;
  readonly isLive?: boolean;
}): ReactNode {
  return (
    <span
      aria-hidden
      className={cn(
        "inline-block size-[7px] shrink-0 rounded-full",
        DOTS[tone],
        isLive && "live-dot",
      )}
    />
  );
}
