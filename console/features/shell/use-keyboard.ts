/** Runs commands by their keys. */
"use client";
import { useEffect } from "react";
import { type Command, currentCommands } from "../../lib/commands.ts";
import { isOwnKey, isTyping, KeySequence, nameOf } from "../../lib/keyboard.ts";

/** Runs commands by their keys for as long as it is mounted. */
export function useKeyboard(): void {
  useEffect(() => {
    const sequence = new KeySequence();
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = nameOf(event);
      if (isTyping(event.target) && !name.startsWith("Mod+")) return;
      if (isOwnKey(event.target, name)) return;
      const commands = usableCommands();
      if (event.repeat) {
        // A key that is held down runs its command once, and does not scroll the page instead.
        if (commands.some(({ keys }) => keys === name)) event.preventDefault();
        return;
      }
      const command = sequence.press(name, commands, event.timeStamp);
      if (command === null) return;
      event.preventDefault();
      command.run();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Behind an open dialog or menu nothing may happen unseen. Messages are in nobody's way. */
function usableCommands(): readonly Command[] {
  const commands = currentCommands();
  return document.querySelector("[data-overlay]") === null
    ? commands
    : commands.filter(({ isEverywhere }) => isEverywhere === true);
}
