/** Two panes beside each other, of which the second can be made wider or narrower, by keyboard too. */
"use client";
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from "react";
import { createStored, isRecord } from "../lib/stored.ts";

const stored = createStored("runnel.split", (json) => {
  const share = isRecord(json) ? json["share"] : undefined;
  return { share: typeof share === "number" && share >= 0.2 && share <= 0.8 ? share : 0.42 };
});

const SHARE_MIN = 0.2;
const SHARE_MAX = 0.8;
const STEP = 0.04;

export function Split({
  main,
  side,
}: {
  readonly main: ReactNode;
  readonly side: ReactNode;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const { share } = stored.use();
  const [dragged, setDragged] = useState<number | null>(null);
  const current = dragged ?? share;
  const clamp = (next: number): number => Math.min(SHARE_MAX, Math.max(SHARE_MIN, next));
  const onPointerMove = (event: PointerEvent): void => {
    const rect = box.current?.getBoundingClientRect();
    if (dragged === null || rect === undefined) return;
    setDragged(clamp((rect.right - event.clientX) / rect.width));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    stored.write({ share: clamp(current + step) });
  };
  return (
    <div ref={box} className="flex min-h-0 flex-1 max-lg:flex-col">
      {/* In the same place with and without the other pane: a table keeps what it has scrolled to. */}
      <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface">{main}</div>
      {side !== null && (
        <>
          <div
            role="separator"
            aria-label="Width of the detail"
            aria-orientation="vertical"
            aria-valuemin={SHARE_MIN * 100}
            aria-valuemax={SHARE_MAX * 100}
            aria-valuenow={Math.round(current * 100)}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              setDragged(share);
            }}
            onPointerMove={onPointerMove}
            onPointerUp={() => {
              if (dragged !== null) stored.write({ share: dragged });
              setDragged(null);
            }}
            className="relative w-px shrink-0 cursor-col-resize bg-line after:absolute after:inset-y-0 after:-left-1 after:w-2 hover:bg-accent focus-visible:bg-accent max-lg:hidden"
          />
          <div
            className="flex min-h-0 min-w-0 flex-col max-lg:h-1/2 max-lg:w-full! max-lg:border-t max-lg:border-line"
            style={{ width: `${current * 100}%` }}
          >
            {side}
          </div>
        </>
      )}
    </div>
  );
}
