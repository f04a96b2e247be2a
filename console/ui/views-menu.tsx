"use client";
import { Bookmark } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { viewsOf } from "../lib/saved-views.ts";
import { Menu, MenuItem, MenuSeparator } from "./menu.tsx";

const ViewsDialog = dynamic(
  () => import("./views-dialog.tsx").then((module) => module.ViewsDialog),
  { ssr: false },
);

/** Saved states of this page: filter, order, columns. Kept in this browser. */
export function ViewsMenu({ page }: { readonly page: string }): ReactNode {
  const store = viewsOf(page);
  const views = store.use();
  const router = useRouter();
  const [isNaming, setIsNaming] = useState(false);
  return (
    <>
      <Menu
        label="Saved views"
        look="plain"
        trigger={
          <>
            <Bookmark /> Views
          </>
        }
      >
        {views.map((view) => (
          <MenuItem key={view.name} onSelect={() => router.push(`?${view.search}`)}>
            {view.name}
          </MenuItem>
        ))}
        {views.length > 0 && <MenuSeparator />}
        <MenuItem onSelect={() => setIsNaming(true)}>Save or remove views …</MenuItem>
      </Menu>
      {isNaming && <ViewsDialog page={page} onClose={() => setIsNaming(false)} />}
    </>
  );
}
