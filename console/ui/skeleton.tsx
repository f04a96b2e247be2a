import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";

/** Stands where something will be, in its size. Shows only when that takes longer than a blink. */
export function Skeleton({ className }: { readonly className?: string }): ReactNode {
  return <span aria-hidden className={cn("skeleton block h-3 w-full", className)} />;
}

/** Rows of a table to come. */
export function SkeletonRows({ count }: { readonly count: number }): ReactNode {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="row-height flex items-center gap-6 border-b border-line px-3">
          <Skeleton className={index % 3 === 0 ? "w-56" : index % 3 === 1 ? "w-40" : "w-48"} />
          <Skeleton className="ml-auto w-16" />
          <Skeleton className="w-20" />
          <Skeleton className="w-14" />
        </div>
      ))}
    </div>
  );
}
