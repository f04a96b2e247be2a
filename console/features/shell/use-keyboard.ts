/** Runs commands by their keys. */
"use client";
import { useEffect } from "react";
import { currentCommands } from "../../lib/commands.ts";
import { isTyping, KeySequence, nameOf } from "../../lib/keyboard.ts";

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
