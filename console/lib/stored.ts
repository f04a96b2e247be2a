/** A value that this browser keeps: the same in all of its tabs, checked whenever it is read. */
"use client";
import { useSyncExternalStore } from "react";

export interface Stored<T> {
  readonly read: () => T;
  readonly write: (value: T) => void;
  readonly use: () => T;
}

/** `parse` gets whatever JSON is there, `undefined` for nothing, and always has an answer. */
export function createStored<T>(key: string, parse: (json: unknown) => T): Stored<T> {
  const initial = parse(undefined);
  const listeners = new Set<() => void>();
  let current: { readonly value: T } | null = null;
  /** What was in the browser when `current` was made of it. */
  let seen: string | null = null;

  // Other tabs tell only those who listen.
  const lookAgain = (): void => {
    const text = textAt(key);
    if (current !== null && text === seen) return;
    seen = text;
    current = { value: parse(jsonOf(text)) };
  };
  const read = (): T => {
    if (current === null || listeners.size === 0) lookAgain();
    return (current ?? { value: initial }).value;
  };
  const write = (value: T): void => {
    current = { value };
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // A browser that keeps nothing: this page has it all the same.
    }
    seen = textAt(key);
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void): (() => void) => {
    const onStorage = (event: StorageEvent): void => {
      // Null where all was cleared.
      if (event.key !== key && event.key !== null) return;
      current = null;
      listener();
    };
    if (listeners.size === 0) lookAgain();
    listeners.add(listener);
    addEventListener("storage", onStorage);
    return () => {
      listeners.delete(listener);
      removeEventListener("storage", onStorage);
    };
  };
  return { read, write, use: () => useSyncExternalStore(subscribe, read, () => initial) };
}

/** Null where there is none, or none is to be had. */
function textAt(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : (JSON.parse(text) as unknown);
  } catch {
    // Somebody else's text: as if there were none.
    return undefined;
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The texts among the elements of a list, at most `max`. */
export function textsOf(value: unknown, max: number): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((each): each is string => typeof each === "string").slice(0, max);
}
