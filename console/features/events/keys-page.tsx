/** A topic by its keys: the latest event of each, or every version of one. */
"use client";
import type { ReactNode } from "react";
import { KeyHistory } from "./key-history.tsx";
import { useKeysState } from "./keys-state.ts";
import { LatestByKey } from "./latest-by-key.tsx";

export function KeysPage({ topic }: { readonly topic: string }): ReactNode {
  const [{ k }] = useKeysState();
  return k === null ? <LatestByKey topic={topic} /> : <KeyHistory topic={topic} keyText={k} />;
}
