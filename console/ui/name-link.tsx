import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";

interface NameLinkProps {
  readonly href: string;
  readonly children: ReactNode;
  /** Reached by the keys of the grid, not by Tab. */
  readonly isInGrid?: boolean;
  readonly className?: string;
}

/** The name of something that has a page of its own. */
export function NameLink({
  href,
  children,
  isInGrid = false,
  className,
}: NameLinkProps): ReactNode {
  return (
    <Link
      {...(isInGrid ? { tabIndex: -1 } : {})}
      href={href}
      className={cn("font-medium hover:text-accent hover:underline", className)}
    >
      {children}
    </Link>
  );
}
