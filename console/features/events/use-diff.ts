"use client";
import { useEffect, useRef, useState } from "react";
import { JsonClient } from "../../lib/json-client.ts";
import type { Difference, IgnoredPath } from "../../lib/json-diff.ts";

export type Diff =
  | { readonly kind: "running" }
  /** Null where one of the texts is no JSON. */
  | { readonly kind: "done"; readonly differences: readonly Difference[] | null }
  | { readonly kind: "failed"; readonly error: unknown };

interface Asked {
  readonly before: string;
  readonly after: string;
  readonly ignored: readonly IgnoredPath[];
}

const RUNNING: Diff = { kind: "running" };

/** Compares in a worker: no size of the texts holds up the page. `ignored` keeps its identity. */
export function useDiff(before: string, after: string, ignored: readonly IgnoredPath[]): Diff {
  const idle = useRef<JsonClient | null>(null);
  const [known, setKnown] = useState<(Asked & { readonly diff: Diff }) | null>(null);
  useEffect(() => () => idle.current?.close(), []);
  useEffect(() => {
    const client = idle.current ?? new JsonClient();
    idle.current = null;
    let isBusy = true;
    const settle = (diff: Diff): void => {
      isBusy = false;
      idle.current = client;
      setKnown({ before, after, ignored, diff });
    };
    client.diff(before, after, ignored).then(
      (differences) => settle({ kind: "done", differences }),
      (error: unknown) => settle({ kind: "failed", error }),
    );
    return () => {
      // What nobody waits for any more is not finished first: of large texts that could be many.
      if (isBusy) client.close();
    };
  }, [before, after, ignored]);
  const isOfThese = known?.before === before && known.after === after && known.ignored === ignored;
  return isOfThese ? known.diff : RUNNING;
}
