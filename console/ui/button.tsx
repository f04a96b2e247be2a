import type { ButtonHTMLAttributes, ReactNode } from "react";
import { cn } from "../lib/cn.ts";

export type ButtonLook = "primary" | "plain" | "ghost" | "danger";

const LOOKS: Readonly<Record<ButtonLook, string>> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong border-transparent font-medium",
  plain: "bg-surface text-ink border-line-strong hover:bg-raised",
  ghost: "border-transparent text-muted hover:bg-raised hover:text-ink",
  danger: "bg-surface text-bad border-line-strong hover:bg-bad-soft hover:border-bad",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: ButtonLook;
  /** Square, for an icon alone; give it an `aria-label`. */
  readonly isIcon?: boolean;
}

/** Classes of a button, for links that look like one. */
export function buttonClass(look: ButtonLook = "plain", isIcon = false): string {
  return cn(
    "inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-md border text-sm",
    "whitespace-nowrap transition-colors select-none",
    "disabled:pointer-events-auto disabled:opacity-50",
    "[&_svg]:size-3.5 [&_svg]:shrink-0",
    isIcon ? "w-7" : "px-2.5",
    LOOKS[look],
  );
}

export function Button({ look, isIcon, className, type, ...rest }: ButtonProps): ReactNode {
  return (
    <button
      type={type ?? "button"}
      className={cn(buttonClass(look, isIcon), className)}
      {...rest}
    />
  );
}
