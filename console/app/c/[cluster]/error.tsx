"use client";
import type { ReactNode } from "react";
import { ProblemPanel } from "../../../ui/states.tsx";

/** What a page did not foresee. The frame around it stays. */
export default function PageError({
  error,
  reset,
}: {
  readonly error: Error;
  readonly reset: () => void;
}): ReactNode {
  return <ProblemPanel error={error} onRetry={reset} />;
}
