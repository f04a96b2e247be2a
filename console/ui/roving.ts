/** Groups with one tab stop, in which the arrows go from one to the next and around. */

/** The index that a key leads to; null where it leads nowhere. */
export function roved(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  switch (key) {
    case "ArrowRight":
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowLeft":
    case "ArrowUp":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

/** Puts the focus on the element of a group. */
export function focusChild(group: Element | null, index: number): void {
  const child = group?.children[index];
  if (child instanceof HTMLElement) child.focus();
}
