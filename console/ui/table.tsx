import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { cn } from "../lib/cn.ts";

/** A short table, all of it in the page. */
export function Table({
  label,
  head,
  children,
  className,
}: {
  readonly label: string;
  readonly head: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  return (
    // What scrolls must be reachable by keyboard
    <div className={cn("overflow-x-auto", className)} tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-sm" aria-label={label}>
        <thead>
          <tr className="h-7 border-b border-line text-left text-xs text-muted">{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Th({
  isRight,
  className,
  ...rest
}: ThHTMLAttributes<HTMLTableCellElement> & { readonly isRight?: boolean }): ReactNode {
  return (
    <th
      scope="col"
      className={cn(
        "px-3 font-normal whitespace-nowrap",
        isRight === true && "text-right",
        className,
      )}
      {...rest}
    />
  );
}

export function Tr({
  children,
  className,
}: {
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  return (
    <tr className={cn("row-height border-b border-line last:border-0 hover:bg-raised", className)}>
      {children}
    </tr>
  );
}

export function Td({
  isRight,
  isMono,
  className,
  ...rest
}: TdHTMLAttributes<HTMLTableCellElement> & {
  readonly isRight?: boolean;
  readonly isMono?: boolean;
}): ReactNode {
  return (
    <td
      className={cn(
        "px-3 whitespace-nowrap",
        isRight === true && "mono text-right text-xs",
        isMono === true && "mono text-xs",
        className,
      )}
      {...rest}
    />
  );
}
