/** The list of a menu and what may be in it. Loaded by `menu.tsx` when the first menu is opened. */
"use client";
import { Menu as Base } from "@base-ui/react/menu";
import { Check as Tick } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";
import { buttonClass } from "./button.tsx";
import type { MenuCheckProps, MenuChoiceProps, MenuItemProps, MenuProps } from "./menu-props.ts";

const POPUP =
  "z-50 min-w-44 max-h-[70vh] overflow-y-auto rounded-lg border border-line bg-surface p-1 shadow-pop outline-none";
const ITEM =
  "flex h-7 cursor-default items-center gap-2 rounded px-2 text-sm outline-none select-none " +
  "data-highlighted:bg-raised data-disabled:opacity-50 [&_svg]:size-3.5 [&_svg]:text-muted";

/** The same button as before the list was there, with the list open. */
export function OpenMenu({
  label,
  trigger,
  children,
  look = "ghost",
  isIcon,
  className,
}: MenuProps): ReactNode {
  return (
    <Base.Root modal={false} defaultOpen>
      <Base.Trigger title={label} className={cn(buttonClass(look, isIcon), className)}>
        <span className="sr-only">{label}</span>
        {trigger}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner align="end" sideOffset={4} className="z-50">
          <Base.Popup data-overlay="" className={POPUP}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function Item({ onSelect, children, isDanger, isDisabled }: MenuItemProps): ReactNode {
  return (
    <Base.Item
      onClick={onSelect}
      disabled={isDisabled ?? false}
      className={cn(ITEM, isDanger === true && "text-bad [&_svg]:text-bad")}
    >
      {children}
    </Base.Item>
  );
}

export function Choice({ label, value, options, onChange }: MenuChoiceProps<string>): ReactNode {
  return (
    <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as string)}>
      <Base.Group>
        <Base.GroupLabel className="px-2 pt-1.5 pb-1 text-2xs font-medium text-faint uppercase">
          {label}
        </Base.GroupLabel>
        {options.map(([option, text]) => (
          <Base.RadioItem key={option} value={option} className={ITEM} closeOnClick>
            <span className="grid size-3.5 place-items-center">
              <Base.RadioItemIndicator>
                <Tick />
              </Base.RadioItemIndicator>
            </span>
            {text}
          </Base.RadioItem>
        ))}
      </Base.Group>
    </Base.RadioGroup>
  );
}

export function Check({ isChecked, onChange, children }: MenuCheckProps): ReactNode {
  return (
    <Base.CheckboxItem checked={isChecked} onCheckedChange={onChange} className={ITEM}>
      <span className="grid size-3.5 place-items-center">
        <Base.CheckboxItemIndicator>
          <Tick />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  );
}

export function Separator(): ReactNode {
  return <Base.Separator className="my-1 h-px bg-line" />;
}
