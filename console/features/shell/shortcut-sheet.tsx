/** What the keyboard can do here, behind `?`. */
"use client";
import type { ReactNode } from "react";
import { type Command, useCommandList } from "../../lib/commands.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Keys } from "../../ui/kbd.tsx";

const GROUPS: readonly Command["group"][] = ["This page", "Table", "Go to", "View"];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }): ReactNode {
  const commands = useCommandList().filter(({ keys }) => keys !== undefined);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Keyboard shortcuts"
      description="What works on this page. Everything is in the palette as well."
    >
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        {GROUPS.map((group) => {
          const list = commands.filter((command) => command.group === group);
          if (list.length === 0) return null;
          return (
            <section key={group}>
              <h3 className="pb-1 text-xs font-medium text-faint">{group}</h3>
              <dl>
                {list.map(({ id, title, keys }) => (
                  <div
                    key={id}
                    className="flex h-7 items-center justify-between gap-4 border-b border-line"
                  >
                    <dt className="truncate">{title}</dt>
                    <dd>
                      <Keys keys={keys ?? ""} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
