"use client";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";
import { setPreferences, usePreferences } from "../../lib/preferences.ts";
import { Logo } from "./logo.tsx";
import { PAGES, type Page } from "./pages.ts";

const GROUPS = ["Observe", "Data", "Console"] as const;

export function Sidebar(): ReactNode {
  const { isSidebarOpen } = usePreferences();
  const href = useHref();
  return (
    <aside
      className={cn(
        "flex shrink-0 flex-col border-r border-line bg-surface transition-[width] duration-150",
        "w-12",
        isSidebarOpen && "md:w-48",
      )}
    >
      <Link
        href={href()}
        aria-label="Runnel, to the front page"
        className="flex h-11 items-center gap-2 border-b border-line px-3.5"
      >
        <Logo />
        <span
          className={cn(
            "hidden text-lg font-semibold tracking-tight",
            isSidebarOpen && "md:inline",
          )}
        >
          Runnel
        </span>
      </Link>
      <nav aria-label="Pages" className="flex flex-1 flex-col gap-3 overflow-y-auto p-2">
        {GROUPS.map((group) => (
          <Group key={group} title={group} isOpen={isSidebarOpen} />
        ))}
      </nav>
      <button
        type="button"
        aria-label={isSidebarOpen ? "Make the sidebar small" : "Make the sidebar wide"}
        title="Sidebar  ["
        onClick={() => setPreferences({ isSidebarOpen: !isSidebarOpen })}
        className="hidden h-9 items-center border-t border-line px-4 text-faint hover:text-ink md:flex"
      >
        {isSidebarOpen ? (
          <PanelLeftClose className="size-4" />
        ) : (
          <PanelLeftOpen className="size-4" />
        )}
      </button>
    </aside>
  );
}

function Group({
  title,
  isOpen,
}: {
  readonly title: Page["group"];
  readonly isOpen: boolean;
}): ReactNode {
  const pages = PAGES.filter(({ group }) => group === title);
  if (pages.length === 0) return null;
  return (
    <div>
      <h2 className={cn("hidden px-2 pb-1 text-2xs font-medium text-faint", isOpen && "md:block")}>
        {title}
      </h2>
      <ul className="flex flex-col gap-px">
        {pages.map((page) => (
          <li key={page.title}>
            <PageLink page={page} isOpen={isOpen} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function PageLink({ page, isOpen }: { readonly page: Page; readonly isOpen: boolean }): ReactNode {
  const pathname = usePathname();
  const href = useHref();
  const target = href(...page.path);
  const isHere =
    page.path.length === 0
      ? pathname === target
      : pathname === target || pathname.startsWith(`${target}/`);
  const Icon = page.icon;
  return (
    <Link
      href={target}
      aria-current={isHere ? "page" : undefined}
      aria-label={page.title}
      title={isOpen ? undefined : page.title}
      className={cn(
        "flex h-7 items-center gap-2.5 rounded-md px-2 text-sm",
        isHere
          ? "bg-accent-soft font-medium text-accent"
          : "text-muted hover:bg-raised hover:text-ink",
      )}
    >
      <Icon className="size-4 shrink-0" strokeWidth={1.75} />
      <span className={cn("hidden truncate", isOpen && "md:inline")}>{page.title}</span>
    </Link>
  );
}
