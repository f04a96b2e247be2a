"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useEffect, useState } from "react";
import { api } from "../../lib/api.ts";
import type { Query } from "./events-state.ts";
import { LiveBuffer, type LiveView } from "./live-buffer.ts";

const SHOW_MS = 120;
/** A stream that broke is begun again after this. */
const RETRY_MS = 2_000;

export interface LiveControl {
  readonly view: LiveView;
  readonly isPaused: boolean;
  readonly setIsPaused: (isPaused: boolean) => void;
  readonly clear: () => void;
  /** Left out by the broker, because this page was too slow. */
  readonly droppedUpstream: number;
  /** Null while it flows. */
  readonly error: unknown;
}

/** Follows what comes from now on; null for nothing. What was seen stays when it stops. */
export function useLive(topic: string, query: Query | null): LiveControl {
  const key = query === null ? null : JSON.stringify(query);
  const buffer = useBuffer(`${topic} ${key}`);
  const [view, setView] = useState<LiveView>(() => buffer.view());
  const [isPaused, setPaused] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [droppedUpstream, setDroppedUpstream] = useState(0);
  useEffect(() => {
    setView(buffer.view());
    setPaused(false);
    setDroppedUpstream(0);
    if (key === null) return undefined;
    const controller = new AbortController();
    let waiting: DecodedRecord[] = [];
    let retry: ReturnType<typeof setTimeout> | undefined;
    const follow = async (): Promise<void> => {
      try {
        const query = JSON.parse(key) as Query;
        const stream = api.readEvents({ params: { topic }, query }, { signal: controller.signal });
        for await (const message of stream) {
          if (message.event === "event") waiting.push(message.data);
          else if (message.event === "progress") setDroppedUpstream(message.data.dropped);
          else if (message.event === "phase") setError(null);
        }
      } catch (cause) {
        if (controller.signal.aborted) return;
        setError(cause);
      }
      if (!controller.signal.aborted) retry = setTimeout(() => void follow(), RETRY_MS);
    };
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      buffer.push(waiting);
      waiting = [];
      setView(buffer.view());
    }, SHOW_MS);
    void follow();
    return () => {
      clearInterval(timer);
      clearTimeout(retry);
      controller.abort();
    };
  }, [topic, key, buffer]);
  return {
    view,
    isPaused,
    setIsPaused: (next) => {
      if (next) buffer.pause();
      else buffer.resume();
      setPaused(next);
      setView(buffer.view());
    },
    clear: () => {
      buffer.clear();
      setView(buffer.view());
    },
    droppedUpstream,
    error,
  };
}

/** A buffer of its own for every question. */
function useBuffer(question: string): LiveBuffer {
  const [own, setOwn] = useState(() => ({ question, buffer: new LiveBuffer() }));
  if (own.question === question) return own.buffer;
  const next = { question, buffer: new LiveBuffer() };
  setOwn(next);
  return next.buffer;
}
