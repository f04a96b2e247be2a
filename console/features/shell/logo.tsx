import type { ReactNode } from "react";

/** Three streams that run into one another. */
export function Logo(): ReactNode {
  return (
    <svg viewBox="0 0 20 20" className="size-5 shrink-0 text-accent" aria-hidden fill="none">
      <path
        d="M2 4.5c5 0 5 5.5 9 5.5M2 10h9m-9 5.5c5 0 5-5.5 9-5.5h7"
        stroke="currentColor"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
    </svg>
  );
}
