import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";

interface PanelProps {
  readonly title?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly isFlush?: boolean;
}

/** A framed part of a page with a heading of its own. */
export function Panel({ title, actions, children, className, isFlush }: PanelProps): ReactNode {
  return (
    <section className={cn("rounded-lg border border-line bg-surface", className)}>
      {(title !== undefined || actions !== undefined) && (
        <header className="flex h-9 items-center justify-between gap-2 border-b border-line px-3">
          <h2 className="truncate text-sm font-semibold">{title}</h2>
          <div className="flex items-center gap-1.5">{actions}</div>
        </header>
      )}
      <div className={isFlush === true ? "" : "p-3"}>{children}</div>
    </section>
  );
}

/** Headline numbers beside each other, as many as there is room for. */
export function Stats({
  children,
  className,
}: {
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  return (
    <Panel>
      <dl
        className={cn(
          "grid grid-cols-[repeat(auto-fit,minmax(8.25rem,1fr))] gap-x-6 gap-y-3",
          className,
        )}
      >
        {children}
      </dl>
    </Panel>
  );
}

interface StatProps {
  readonly label: string;
  readonly value: ReactNode;
  /** Where what it counts is listed. */
  readonly href?: string;
  readonly note?: ReactNode;
}

/** One headline number. */
export function Stat({ label, value, href, note }: StatProps): ReactNode {
  return (
    <div className="min-w-0">
      <dt className="truncate text-xs text-muted">{label}</dt>
      <dd className="mono truncate text-lg font-medium">
        {href === undefined ? (
          value
        ) : (
          <Link href={href} className="hover:text-accent hover:underline">
            {value}
          </Link>
        )}
      </dd>
      {note !== undefined && <dd className="truncate text-xs text-faint">{note}</dd>}
    </div>
  );
}
