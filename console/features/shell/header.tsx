"use client";
import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { CircleHelp, Clock, Moon, RotateCw, Search, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import type { ReactNode } from "react";
import { useCluster } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";
import { REFRESH_CHOICES_MS, setPreferences, usePreferences } from "../../lib/preferences.ts";
import { refreshNow } from "../../lib/refresh.ts";
import { Button } from "../../ui/button.tsx";
import { Keys } from "../../ui/kbd.tsx";
import { Menu, MenuChoice } from "../../ui/menu.tsx";
import { ConnectionState } from "./connection.tsx";

interface HeaderProps {
  readonly onSearch: () => void;
  readonly onHelp: () => void;
}

export function Header({ onSearch, onHelp }: HeaderProps): ReactNode {
  const { name } = useCluster();
  return (
    <header className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-surface px-4">
      <span
        className="mono rounded-md border border-line bg-raised px-2 py-0.5 text-xs"
        title="The cluster"
      >
        {name}
      </span>
      <button
        type="button"
        onClick={onSearch}
        className="ml-1 flex h-7 w-full max-w-80 min-w-9 items-center gap-2 overflow-hidden rounded-md border border-line bg-canvas px-2 text-sm text-faint hover:border-line-strong"
      >
        <Search className="size-3.5 shrink-0" />
        <span className="truncate max-sm:sr-only">Search or jump to …</span>
        <span className="ml-auto max-md:hidden">
          <Keys keys="Mod+K" />
        </span>
      </button>
      <div className="ml-auto flex items-center gap-0.5">
        <ConnectionState />
        <ZoneMenu />
        <RefreshControl />
        <ThemeButton />
        <Button
          look="ghost"
          isIcon
          onClick={onHelp}
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts  ?"
        >
          <CircleHelp />
        </Button>
      </div>
    </header>
  );
}

function ZoneMenu(): ReactNode {
  const { zone } = usePreferences();
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isListed = zone === "local" || zone === "UTC";
  return (
    <Menu
      label="Time zone"
      trigger={
        <>
          <Clock />
          <span className="text-xs max-lg:hidden" suppressHydrationWarning>
            {zone === "local" ? own : zone}
          </span>
        </>
      }
    >
      <MenuChoice
        label="Times are shown in"
        value={zone}
        onChange={(next) => setPreferences({ zone: next })}
        options={[
          ["local", `This browser's zone (${own})`],
          ["UTC", "UTC"],
          ...(isListed ? [] : [[zone, zone] as const]),
        ]}
      />
    </Menu>
  );
}

const REFRESH_TEXTS = REFRESH_CHOICES_MS.map(
  (ms) => [String(ms), ms === 0 ? "Only by hand" : `Every ${ms / 1_000} s`] as const,
);

function RefreshControl(): ReactNode {
  const { refreshMs } = usePreferences();
  const client = useQueryClient();
  const isFetching = useIsFetching({ predicate: ({ state }) => state.status !== "pending" }) > 0;
  return (
    <div className="flex items-center">
      <Button
        look="ghost"
        isIcon
        aria-label="Refresh now"
        title="Refresh now  Shift+R"
        onClick={() => refreshNow(client)}
      >
        <RotateCw className={cn(isFetching && "text-accent")} />
      </Button>
      <Menu
        label="How often data is refreshed"
        className="px-1"
        trigger={
          <span className="text-xs">{refreshMs === 0 ? "off" : `${refreshMs / 1_000} s`}</span>
        }
      >
        <MenuChoice
          label="Refresh"
          value={String(refreshMs)}
          options={REFRESH_TEXTS}
          onChange={(next) => setPreferences({ refreshMs: Number(next) })}
        />
      </Menu>
    </div>
  );
}

function ThemeButton(): ReactNode {
  const { resolvedTheme, setTheme } = useTheme();
  return (
    <Button
      look="ghost"
      isIcon
      aria-label="Light or dark"
      title="Light or dark  t d"
      onClick={() => setTheme(resolvedTheme === "dark" ? "light" : "dark")}
    >
      <Sun className="dark:hidden" />
      <Moon className="hidden dark:block" />
    </Button>
  );
}
