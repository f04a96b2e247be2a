/** Two panes beside or above each other, of which the second can be made larger or smaller, by keyboard too. */
"use client";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { cn } from "../lib/cn.ts";
import type { Dock } from "../lib/preferences.ts";
import { createStored, isRecord } from "../lib/stored.ts";

const SHARE_MIN = 0.2;
const SHARE_MAX = 0.8;
const STEP = 0.04;

/** The share of the second pane, by where it is. */
const stored = createStored("runnel.split", (json) => {
  const shareOf = (name: string): number => {
    const share = isRecord(json) ? json[name] : undefined;
    return typeof share === "number" && share >= SHARE_MIN && share <= SHARE_MAX ? share : 0.42;
  };
  return { share: shareOf("share"), bottomShare: shareOf("bottomShare") };
});

interface SplitProps {
  readonly main: ReactNode;
  readonly side: ReactNode;
  readonly dock?: Dock;
}

export function Split({ main, side, dock = "right" }: SplitProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const { share, bottomShare } = stored.use();
  const [dragged, setDragged] = useState<number | null>(null);
  const isBottom = dock === "bottom";
  const current = dragged ?? (isBottom ? bottomShare : share);
  const clamp = (next: number): number => Math.min(SHARE_MAX, Math.max(SHARE_MIN, next));
  const keep = (next: number): void =>
    stored.write(isBottom ? { share, bottomShare: next } : { share: next, bottomShare });
  const onPointerMove = ({ clientX, clientY }: PointerEvent): void => {
    const rect = box.current?.getBoundingClientRect();
    if (dragged === null || rect === undefined) return;
    setDragged(
      clamp(isBottom ? (rect.bottom - clientY) / rect.height : (rect.right - clientX) / rect.width),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const grow = isBottom ? "ArrowUp" : "ArrowLeft";
    const shrink = isBottom ? "ArrowDown" : "ArrowRight";
    if (event.key !== grow && event.key !== shrink) return;
    event.preventDefault();
    keep(clamp(current + (event.key === grow ? STEP : -STEP)));
  };
  return (
    <div
      ref={box}
      className={cn("flex min-h-0 min-w-0 flex-1 max-lg:flex-col", isBottom && "flex-col")}
    >
      {/* In the same place with and without the other pane: a table keeps what it has scrolled to. */}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface">{main}</div>
      {side !== null && (
        <>
          <div
            role="separator"
            aria-label={isBottom ? "Height of the detail" : "Width of the detail"}
            aria-orientation={isBottom ? "horizontal" : "vertical"}
            aria-valuemin={SHARE_MIN * 100}
            aria-valuemax={SHARE_MAX * 100}
            aria-valuenow={Math.round(current * 100)}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              setDragged(current);
            }}
            onPointerMove={onPointerMove}
            onPointerUp={() => {
              if (dragged !== null) keep(dragged);
              setDragged(null);
            }}
            className={cn(
              "relative shrink-0 bg-line after:absolute hover:bg-accent focus-visible:bg-accent max-lg:hidden",
              isBottom
                ? "h-px cursor-row-resize after:inset-x-0 after:-top-1 after:h-2"
                : "w-px cursor-col-resize after:inset-y-0 after:-left-1 after:w-2",
            )}
          />
          <div
            className="flex min-h-0 min-w-0 flex-col max-lg:h-1/2! max-lg:w-full! max-lg:border-t max-lg:border-line"
            style={{ [isBottom ? "height" : "width"]: `${current * 100}%` }}
          >
            {side}
          </div>
        </>
      )}
    </div>
  );
}
