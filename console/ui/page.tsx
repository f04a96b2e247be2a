"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { Fragment, type ReactNode } from "react";
import { cn } from "../lib/cn.ts";

export interface Crumb {
  readonly text: string;
  readonly href?: string;
}

interface PageHeaderProps {
  /** From the outermost to this page, which is the last one. */
  readonly crumbs: readonly Crumb[];
  readonly badges?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHeader({ crumbs, badges, actions }: PageHeaderProps): ReactNode {
  const parents = crumbs.slice(0, -1);
  const last = crumbs.at(-1);
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 pt-2.5 pb-1.5">
      <nav aria-label="Breadcrumbs" className="flex min-w-0 items-center gap-1.5">
        {parents.map(({ text, href }) => (
          <Fragment key={text}>
            <Link href={href ?? "#"} className="text-lg text-muted hover:text-ink">
              {text}
            </Link>
            <span aria-hidden className="text-faint">
              /
            </span>
          </Fragment>
        ))}
        <h1 className="truncate text-lg font-semibold" title={last?.text}>
          {last?.text}
        </h1>
      </nav>
      {badges}
      <div className="ml-auto flex items-center gap-1.5">{actions}</div>
    </div>
  );
}

export interface Tab {
  readonly text: ReactNode;
  readonly href: string;
}

/** Pages of one thing, as a row of links. */
export function TabLinks({
  label,
  tabs,
}: {
  readonly label: string;
  readonly tabs: readonly Tab[];
}): ReactNode {
  const pathname = usePathname();
  return (
    <nav
      aria-label={label}
      className="flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line px-3"
    >
      {tabs.map(({ text, href }) => (
        <Link
          key={href}
          href={href}
          aria-current={pathname === href ? "page" : undefined}
          className={cn(
            "relative flex h-8 items-center px-2 text-sm whitespace-nowrap",
            "after:absolute after:inset-x-1 after:bottom-[-1px] after:h-0.5 after:rounded",
            pathname === href
              ? "font-medium text-ink after:bg-accent"
              : "text-muted hover:text-ink hover:after:bg-line-strong",
          )}
        >
          {text}
        </Link>
      ))}
    </nav>
  );
}
