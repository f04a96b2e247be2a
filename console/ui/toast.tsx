"use client";
import { Toast as Base } from "@base-ui/react/toast";
import { X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";
import { StatusDot } from "./badge.tsx";
import { describe } from "./states.tsx";

interface ToastData {
  readonly tone: "ok" | "bad";
  readonly link?: { readonly href: string; readonly text: string };
}

const manager = Base.createToastManager<ToastData>();
const LIMIT = 4;
const SHOWN_MS = 6_000;

/** Says that something was done. */
export function toastDone(
  title: string,
  link?: { readonly href: string; readonly text: string },
): void {
  manager.add({
    title,
    timeout: SHOWN_MS,
    data: link === undefined ? { tone: "ok" } : { tone: "ok", link },
  });
}

/** Says that something was not done, and why; stays until it is closed. */
export function toastFailed(title: string, error: unknown): void {
  const { detail, remedy } = describe(error);
  const description = remedy === null ? detail : `${detail} ${remedy}`;
  manager.add({ title, description, timeout: 0, priority: "high", data: { tone: "bad" } });
}

export function Toasts(): ReactNode {
  return (
    <Base.Provider toastManager={manager} limit={LIMIT}>
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List(): ReactNode {
  const { toasts } = Base.useToastManager<ToastData>();
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
          {toast.data?.link !== undefined && (
            <Link href={toast.data.link.href} className="text-sm text-accent hover:underline">
              {toast.data.link.text}
            </Link>
          )}
        </div>
        <Base.Close aria-label="Close" className={cn("text-faint hover:text-ink [&_svg]:size-3.5")}>
          <X />
        </Base.Close>
      </div>
    </Base.Root>
  ));
}
