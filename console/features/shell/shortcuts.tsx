/** The keyboard: commands run by their keys, and the sheet that lists them. */
"use client";
import { type ReactNode, useEffect } from "react";
import { type Command, currentCommands, useCommandList } from "../../lib/commands.ts";
import { isTyping, KeySequence, nameOf } from "../../lib/keyboard.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Keys } from "../../ui/kbd.tsx";

/** Runs commands by their keys for as long as it is mounted. */
export function useKeyboard(): void {
  useEffect(() => {
    const sequence = new KeySequence();
    const onKeyDown = (event: KeyboardEvent): void => {
      const name = nameOf(event);
      const isModified = name.startsWith("Mod+");
      if (event.defaultPrevented || event.isComposing) return;
      if (isTyping(event.target) && !isModified) return;
      // Behind an open dialog nothing may happen unseen.
      const isBehind = document.querySelector("[role=dialog], [role=menu], [role=alertdialog]");
      if (isBehind !== null && !isModified) return;
      const command = sequence.press(name, currentCommands(), event.timeStamp);
      if (command === null) return;
      event.preventDefault();
      command.run();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

const GROUPS: readonly Command["group"][] = ["This page", "Table", "Go to", "View"];

export function ShortcutSheet({
  isOpen,
  onClose,
}: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const commands = useCommandList().filter(({ keys }) => keys !== undefined);
  return (
    <Dialog
      isOpen={isOpen}
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
