/**
 * Menus. Until somebody opens one it is a button and nothing else: what draws the list is a sixth of the
 * script that a page would wait for.
 */
"use client";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { cn } from "../lib/cn.ts";
import { buttonClass } from "./button.tsx";
import type * as Parts from "./menu-parts.tsx";
import type { MenuCheckProps, MenuChoiceProps, MenuItemProps, MenuProps } from "./menu-props.ts";

/** Null until the first menu is wanted. Suspense would show what is there only a moment later. */
let parts: typeof Parts | null = null;

async function load(): Promise<void> {
  parts ??= await import("./menu-parts.tsx");
}

/** A button that opens a list of actions or choices. */
export function Menu(props: MenuProps): ReactNode {
  const { label, trigger, look = "ghost", isIcon, className } = props;
  const [isOpened, setIsOpened] = useState(false);
  const open = (): void => void load().then(() => setIsOpened(true));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open();
  };
  if (isOpened && parts !== null) return <parts.OpenMenu {...props} />;
  return (
    <button
      type="button"
      title={label}
      aria-haspopup="menu"
      aria-expanded={false}
      className={cn(buttonClass(look, isIcon), className)}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={open}
      onKeyDown={onKeyDown}
    >
      <span className="sr-only">{label}</span>
      {trigger}
    </button>
  );
}

// What may be in a menu is drawn only once it is open, and then the parts are there.

export function MenuItem(props: MenuItemProps): ReactNode {
  return parts === null ? null : <parts.Item {...props} />;
}

export function MenuCheck(props: MenuCheckProps): ReactNode {
  return parts === null ? null : <parts.Check {...props} />;
}

export function MenuSeparator(): ReactNode {
  return parts === null ? null : <parts.Separator />;
}

export function MenuChoice<T extends string>(props: MenuChoiceProps<T>): ReactNode {
  // What comes back is one of the options.
  return parts === null ? null : (
    <parts.Choice {...(props as unknown as MenuChoiceProps<string>)} />
  );
}
