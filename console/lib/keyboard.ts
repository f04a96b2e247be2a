/** Key presses → commands: sequences of two keys, and never a key that belongs to somebody typing. */
import type { Command } from "./commands.ts";

const SEQUENCE_MS_MAX = 1_200;

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The name that `Command.keys` uses: `t`, `?`, `Shift+R`, `Mod+k`, `ArrowLeft`. */
export function nameOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string {
  const isLetter = /^[a-z]$/i.test(key);
  const plain = key === " " ? "Space" : key;
  const base = isLetter ? (shiftKey ? key.toUpperCase() : key.toLowerCase()) : plain;
  const shift = shiftKey && (isLetter || key.length > 1) ? "Shift+" : "";
  return `${ctrlKey || metaKey ? "Mod+" : ""}${altKey ? "Alt+" : ""}${shift}${base}`;
}

/** Remembers the first key of a sequence for a moment. */
export class KeySequence {
  #first: { readonly name: string; readonly atMs: number } | null = null;

  /** The command that this press completes; null where it completes none. */
  press(name: string, commands: readonly Command[], nowMs: number): Command | null {
    const first = this.#first;
    this.#first = null;
    const usable = commands.filter(({ isLocal }) => isLocal !== true);
    if (first !== null && nowMs - first.atMs < SEQUENCE_MS_MAX) {
      const found = usable.find(({ keys }) => keys === `${first.name} ${name}`);
      if (found !== undefined) return found;
    }
    const single = usable.find(({ keys }) => keys === name);
    if (single !== undefined) return single;
    if (usable.some(({ keys }) => keys?.startsWith(`${name} `) === true)) {
      this.#first = { name, atMs: nowMs };
    }
    return null;
  }
}

/** True where a key press writes text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) {
    return !["checkbox", "radio", "button", "range"].includes(target.type);
  }
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

const PRESSED_BY_ENTER = "a[href], button, summary, [role=button], [role=link], [role=tab]";
const PRESSED_BY_SPACE = "button, summary, input, [role=button], [role=tab], [role=switch]";
const MOVED_BY_ARROWS = "input[type=radio], input[type=range], [role=slider], [role=separator]";

/** True where the element that has the focus does something of its own with this key. */
export function isOwnKey(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (name === "Enter") return target.matches(PRESSED_BY_ENTER);
  if (name === "Space") return target.matches(PRESSED_BY_SPACE);
  return name.startsWith("Arrow") && target.matches(MOVED_BY_ARROWS);
}
