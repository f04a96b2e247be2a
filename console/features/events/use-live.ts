"use client";
import { useEffect, useState } from "react";
import { ApiError, api } from "../../lib/api.ts";
import type { Query } from "./events-state.ts";
import { LiveBuffer, type LiveView } from "./live-buffer.ts";
import { LiveFeed } from "./live-feed.ts";

const SHOW_MS = 120;
/** A stream that broke is begun again after this. */
const RETRY_MS = 2_000;

export interface LiveControl {
  readonly view: LiveView;
  readonly isPaused: boolean;
  readonly setIsPaused: (isPaused: boolean) => void;
  readonly clear: () => void;
  /** Left out by the broker, because this page was too slow, or out of sight for too long. */
  readonly droppedUpstream: number;
  /** How often it had to begin anew, and nobody knows what came between. */
  readonly gapCount: number;
  /** Null while it flows. */
  readonly error: unknown;
}

/**
 * Follows what comes from now on; null for nothing. What was seen stays when it stops. Behind another
 * tab the stream rests: it goes on where it stopped when the page is in sight again.
 */
export function useLive(topic: string, query: Query | null): LiveControl {
  const key = query === null ? null : JSON.stringify(query);
  const buffer = useBuffer(`${topic} ${key}`);
  const [view, setView] = useState<LiveView>(() => buffer.view());
  const [isPaused, setPaused] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [losses, setLosses] = useState(NO_LOSSES);
  useEffect(() => {
    setView(buffer.view());
    setPaused(false);
    setError(null);
    setLosses(NO_LOSSES);
    if (key === null) return undefined;
    const feed = new LiveFeed();
    const show = (): void => {
      const { records, missedCount } = feed.drain();
      if (records.length > 0) {
        buffer.push(records, missedCount);
        setView(buffer.view());
      }
      const next = { droppedUpstream: feed.droppedCount, gapCount: feed.gapCount };
      setLosses((now) => (isSame(now, next) ? now : next));
    };
    const timer = setInterval(show, SHOW_MS);
    const stop = whileInSight((signal) => follow(feed, topic, JSON.parse(key), signal, setError));
    return () => {
      clearInterval(timer);
      stop();
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
    ...losses,
    error,
  };
}

type Losses = Pick<LiveControl, "droppedUpstream" | "gapCount">;

const NO_LOSSES: Losses = { droppedUpstream: 0, gapCount: 0 };

const isSame = (a: Losses, b: Losses): boolean =>
  a.droppedUpstream === b.droppedUpstream && a.gapCount === b.gapCount;

/** Stream after stream, until `signal`. */
async function follow(
  feed: LiveFeed,
  topic: string,
  query: Query,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { cursor } = feed;
      feed.begin();
      const asked = cursor === null ? query : { ...query, cursor };
      for await (const message of api.readEvents({ params: { topic }, query: asked }, { signal })) {
        if (signal.aborted) return;
        feed.take(message);
        if (message.event === "phase") onError(null);
        else if (message.event === "done" && message.data.failure !== null)
          throw new Error(message.data.failure);
      }
    } catch (cause) {
      if (signal.aborted) return;
      // What it refuses with its cursor it may take without.
      if (cause instanceof ApiError && cause.status === 400) feed.forget();
      onError(cause);
    }
    await pause(RETRY_MS, signal);
  }
}

/** Ends early when `signal` says so. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Runs `work` whenever the page is in sight, and aborts it whenever it is not; returns how to end that. */
function whileInSight(work: (signal: AbortSignal) => Promise<void>): () => void {
  let controller: AbortController | null = null;
  const look = (): void => {
    if (document.hidden) {
      controller?.abort();
      controller = null;
    } else if (controller === null) {
      controller = new AbortController();
      void work(controller.signal);
    }
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    controller?.abort();
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
