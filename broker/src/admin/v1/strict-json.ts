/** JSON as it must come in: no key twice, no key that names the prototype, not too deep. */

import { messageOf } from "@runnel/kit/errors.ts";

/** Objects and arrays in each other. */
export const JSON_DEPTH_MAX = 32;

export type StrictJson = { readonly value: unknown } | { readonly problem: string };

/** The value of `text`, or why it is not taken. */
export function parseStrictJson(text: string): StrictJson {
  // First, as the depth alone could keep the parser busy for a while.
  const problem = problemOf(text);
  if (problem !== null) return { problem };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** What is wrong with `text`, if it is JSON at all; one pass, without recursion. */
function problemOf(text: string): string | null {
  /** The keys of each object around, null for an array. */
  const stack: (Set<string> | null)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case "{":
      case "[":
        stack.push(text[at] === "{" ? new Set() : null);
        if (stack.length > JSON_DEPTH_MAX) return `deeper than ${JSON_DEPTH_MAX} levels`;
        isKeyNext = text[at] === "{";
        break;
      case "}":
      case "]":
        stack.pop();
        isKeyNext = false;
        break;
      case ",":
        isKeyNext = stack.at(-1) instanceof Set;
        break;
      case '"': {
        const end = endOfString(text, at);
        const keys = stack.at(-1);
        if (isKeyNext && keys instanceof Set) {
          const problem = addKey(keys, text.slice(at, end));
          if (problem !== null) return problem;
          isKeyNext = false;
        }
        at = end - 1;
        break;
      }
      default:
    }
  }
  return null;
}

function addKey(keys: Set<string>, quoted: string): string | null {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch (error) {
    return messageOf(error);
  }
  if (key === "__proto__") return "no key may be called __proto__";
  if (keys.has(key)) return `the key ${quoted.slice(0, 100)} comes twice in one object`;
  keys.add(key);
  return null;
}

/** Behind the closing quote of the string that begins at `start`, or behind the end. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}
