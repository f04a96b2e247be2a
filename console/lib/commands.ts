/**
 * What can be done here and now: every page registers its actions while it is shown. The palette
 * lists them, the keyboard runs them, the sheet behind `?` explains them, all from this one list.
 */
"use client";
import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly group: "Go to" | "This page" | "View" | "Table";
  /** `g t`: one after the other. `Shift+R`: together. Left out: by the palette alone. */
  readonly keys?: string;
  readonly run: () => void;
  /** Described in the sheet only: the element that has the focus handles the keys itself. */
  readonly isLocal?: boolean;
  /** Its keys work over an open dialog or menu, too. */
  readonly isEverywhere?: boolean;
}

let commands: readonly Command[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Command[]): void {
  commands = next;
  for (const listener of listeners) listener();
}

export function currentCommands(): readonly Command[] {
  return commands;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const NONE: readonly Command[] = [];

export function useCommandList(): readonly Command[] {
  return useSyncExternalStore(subscribe, currentCommands, () => NONE);
}

/** Offers `list` while the caller is mounted. What `run` closes over is always the latest. */
export function useCommands(list: readonly Command[]): void {
  const latest = useRef(list);
  useEffect(() => {
    latest.current = list;
  });
  const signature = list.map(({ id, title, keys }) => `${id}\0${title}\0${keys ?? ""}`).join("\n");
  // The signature stands for the list
  useEffect(() => {
    const own = latest.current.map((command) => ({
      ...command,
      run: () => latest.current.find(({ id }) => id === command.id)?.run(),
    }));
    change([...commands.filter(({ id }) => !own.some((one) => one.id === id)), ...own]);
    return () => change(commands.filter((command) => !own.includes(command)));
  }, [signature]);
}
