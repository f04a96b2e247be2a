/** The frame around every page of a cluster. */
"use client";
import { useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { type ReactNode, useEffect, useState } from "react";
import { ClusterProvider, clusterHref } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { setPreferences, usePreferences } from "../../lib/preferences.ts";
import { refreshNow } from "../../lib/refresh.ts";
import { ConnectionBanner } from "./connection.tsx";
import { Header } from "./header.tsx";
import { PAGES } from "./pages.ts";
import { Sidebar } from "./sidebar.tsx";
import { useKeyboard } from "./use-keyboard.ts";

const Palette = dynamic(() => import("./palette.tsx").then(({ Palette }) => Palette), {
  ssr: false,
});

const ShortcutSheet = dynamic(
  () => import("./shortcut-sheet.tsx").then((module) => module.ShortcutSheet),
  { ssr: false },
);

export function Shell({
  cluster,
  admin,
  children,
}: {
  readonly cluster: string;
  readonly admin: string;
  readonly children: ReactNode;
}): ReactNode {
  const [open, setOpen] = useState<"palette" | "shortcuts" | null>(null);
  const { density } = usePreferences();
  useEffect(() => {
    document.documentElement.dataset["density"] = density;
  }, [density]);
  useKeyboard();
  useShellCommands(cluster, setOpen);
  return (
    <ClusterProvider name={cluster} admin={admin}>
      <a
        href="#main"
        className="fixed -top-10 left-2 z-60 rounded bg-accent px-2 py-1 text-on-accent focus:top-2"
      >
        To the content
      </a>
      <div className="flex h-dvh">
        <Sidebar />
        <div className="flex min-w-0 flex-1 flex-col">
          <Header onSearch={() => setOpen("palette")} onHelp={() => setOpen("shortcuts")} />
          <ConnectionBanner />
          <main id="main" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
            {children}
          </main>
        </div>
      </div>
      {open === "palette" && <Palette onClose={() => setOpen(null)} />}
      {open === "shortcuts" && <ShortcutSheet onClose={() => setOpen(null)} />}
    </ClusterProvider>
  );
}

function useShellCommands(cluster: string, setOpen: (open: "palette" | "shortcuts") => void): void {
  const router = useRouter();
  const client = useQueryClient();
  const { resolvedTheme, setTheme } = useTheme();
  const { isSidebarOpen, zone } = usePreferences();
  useCommands([
    ...PAGES.map(({ title, path, keys }) => ({
      id: `page-${path.join("-")}`,
      title,
      group: "Go to" as const,
      keys,
      run: () => router.push(clusterHref(cluster, path)),
    })),
    {
      id: "palette",
      title: "Search or jump to",
      group: "View",
      keys: "Mod+k",
      isEverywhere: true,
      run: () => setOpen("palette"),
    },
    {
      id: "shortcuts",
      title: "Keyboard shortcuts",
      group: "View",
      keys: "?",
      run: () => setOpen("shortcuts"),
    },
    {
      id: "refresh",
      title: "Refresh now",
      group: "View",
      keys: "Shift+R",
      run: () => refreshNow(client),
    },
    {
      id: "theme",
      title: "Light or dark",
      group: "View",
      keys: "t d",
      run: () => setTheme(resolvedTheme === "dark" ? "light" : "dark"),
    },
    {
      id: "zone",
      title: "Times in UTC or the local zone",
      group: "View",
      keys: "t z",
      run: () => setPreferences({ zone: zone === "local" ? "UTC" : "local" }),
    },
    {
      id: "sidebar",
      title: "Sidebar small or wide",
      group: "View",
      keys: "[",
      run: () => setPreferences({ isSidebarOpen: !isSidebarOpen }),
    },
  ]);
}
