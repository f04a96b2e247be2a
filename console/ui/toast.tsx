/** Messages about what was done. What shows them is loaded with the first one. */
"use client";
import dynamic from "next/dynamic";
import { type ReactNode, useSyncExternalStore } from "react";
import { describe } from "./states.tsx";
import type { ToastMessage } from "./toast-message.ts";

const MESSAGES_MAX = 20;

let messages: readonly ToastMessage[] = [];
let nextId = 0;
const listeners = new Set<() => void>();
const NONE: readonly ToastMessage[] = [];

function add(message: Omit<ToastMessage, "id">): void {
  messages = [...messages, { id: nextId, ...message }].slice(-MESSAGES_MAX);
  nextId += 1;
  for (const listener of listeners) listener();
}

/** Says that something was done. */
export function toastDone(title: string): void {
  add({ tone: "ok", title });
}

/** Says how something is. */
export function toastNote(title: string, text: string): void {
  add({ tone: "neutral", title, text });
}

/** Says that something was not done, and why; stays until it is closed. */
export function toastFailed(title: string, error: unknown): void {
  const { detail, remedy } = describe(error);
  add({ tone: "bad", title, text: remedy === null ? detail : `${detail} ${remedy}` });
}

const ToastList = dynamic(() => import("./toast-list.tsx").then(({ ToastList }) => ToastList), {
  ssr: false,
});

export function Toasts(): ReactNode {
  const list = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
    () => NONE,
  );
  return list.length === 0 ? null : <ToastList messages={list} />;
}
