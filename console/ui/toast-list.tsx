"use client";
import { Toast as Base } from "@base-ui/react/toast";
import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { StatusDot } from "./badge.tsx";
import type { ToastMessage } from "./toast-message.ts";

type Tone = ToastMessage["tone"];

const LIMIT = 4;
const SHOWN_MS = 6_000;

/** Shows each message once, for as long as it takes to be read. */
export function ToastList({ messages }: { readonly messages: readonly ToastMessage[] }): ReactNode {
  return (
    <Base.Provider limit={LIMIT}>
      <Feed messages={messages} />
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function Feed({ messages }: { readonly messages: readonly ToastMessage[] }): ReactNode {
  const { add } = Base.useToastManager<{ readonly tone: Tone }>();
  const seen = useRef(-1);
  useEffect(() => {
    for (const { id, tone, title, text } of messages) {
      if (id <= seen.current) continue;
      seen.current = id;
      add({
        title,
        ...(text === undefined ? {} : { description: text }),
        timeout: tone === "bad" ? 0 : SHOWN_MS,
        priority: tone === "bad" ? "high" : "low",
        data: { tone },
      });
    }
  }, [messages, add]);
  return null;
}

function List(): ReactNode {
  const { toasts } = Base.useToastManager<{ readonly tone: Tone }>();
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className="rounded-lg border border-line bg-surface p-3 shadow-pop data-limited:hidden"
    >
      <div className="flex items-start gap-2.5">
        <span className="mt-1.5">
          <StatusDot tone={toast.data?.tone ?? "neutral"} />
        </span>
        <div className="min-w-0 flex-1">
          <Base.Title className="font-medium" />
          <Base.Description className="break-words text-sm text-muted" />
        </div>
        <Base.Close aria-label="Close" className="text-faint hover:text-ink [&_svg]:size-3.5">
          <X />
        </Base.Close>
      </div>
    </Base.Root>
  ));
}
