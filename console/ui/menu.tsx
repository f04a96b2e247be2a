/**
 * Menus. Until somebody opens one it is a button and nothing else: what draws the list is a sixth of the
 * script that a page would wait for.
 */
"use client";
import { type KeyboardEvent, lazy, type ReactNode, Suspense, useState } from "react";
import { cn } from "../lib/cn.ts";
import { buttonClass } from "./button.tsx";
import type { MenuChoiceProps, MenuProps } from "./menu-props.ts";

const load = () => import("./menu-parts.tsx");
const OpenMenu = lazy(() => load().then((parts) => ({ default: parts.OpenMenu })));
const Choice = lazy(() => load().then((parts) => ({ default: parts.Choice })));

export const MenuItem = lazy(() => load().then((parts) => ({ default: parts.Item })));
export const MenuCheck = lazy(() => load().then((parts) => ({ default: parts.Check })));
export const MenuSeparator = lazy(() => load().then((parts) => ({ default: parts.Separator })));

export function MenuChoice<T extends string>(props: MenuChoiceProps<T>): ReactNode {
  // What comes back is one of the options.
  return <Choice {...(props as unknown as MenuChoiceProps<string>)} />;
}

/** A button that opens a list of actions or choices. */
export function Menu(props: MenuProps): ReactNode {
  const { label, trigger, look = "ghost", isIcon, className } = props;
  const [isWanted, setIsWanted] = useState(false);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setIsWanted(true);
  };
  const button = (
    <button
      type="button"
      title={label}
      aria-haspopup="menu"
      aria-expanded={false}
      className={cn(buttonClass(look, isIcon), className)}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={() => setIsWanted(true)}
      onKeyDown={onKeyDown}
    >
      <span className="sr-only">{label}</span>
      {trigger}
    </button>
  );
  return isWanted ? (
    <Suspense fallback={button}>
      <OpenMenu {...props} />
    </Suspense>
  ) : (
    button
  );
}
