/** Every version of a key on a strip of time; arrows step through them. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { type KeyboardEvent, type MouseEvent, type ReactNode, useMemo } from "react";
import { formatCount, formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { Time } from "../../ui/time.tsx";
import { isDeleted, type StripMark, stripMarks, timesOf } from "./key-versions.ts";

interface TimelineProps {
  /** The newest first. */
  readonly rows: readonly DecodedRecord[];
  /** Whether these are all of them. */
  readonly isWhole: boolean;
  /** Index of the version that is open, and of the one it is held against; −1 for none. */
  readonly open: number;
  readonly compared: number;
  readonly onOpen: (index: number) => void;
}

const COLUMNS = 240;
/** Up to here each version is a mark of its own; beyond, what is many is tall. */
const DOTS_MAX = 60;
const HEIGHT = 36;

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: 1,
  ArrowDown: 1,
  PageDown: 10,
  ArrowRight: -1,
  ArrowUp: -1,
  PageUp: -10,
};

export function KeyTimeline({ rows, isWhole, open, compared, onOpen }: TimelineProps): ReactNode {
  const { zone } = usePreferences();
  const marks = useMemo(() => stripMarks(rows, COLUMNS), [rows]);
  const { first, last } = useMemo(() => timesOf(rows), [rows]);
  const deletedCount = useMemo(() => rows.filter(isDeleted).length, [rows]);
  const current = rows[open];
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    const next =
      event.key === "Home"
        ? rows.length - 1
        : event.key === "End"
          ? 0
          : step === undefined
            ? null
            : open < 0
              ? 0
              : open + step;
    if (next === null) return;
    event.preventDefault();
    onOpen(Math.max(0, Math.min(rows.length - 1, next)));
  };
  const onClick = (event: MouseEvent<HTMLElement>): void => {
    const rect = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - rect.left) / rect.width;
    const nearest = marks.reduce<StripMark | null>(
      (best, mark) =>
        best === null || distance(mark, share) < distance(best, share) ? mark : best,
      null,
    );
    if (nearest !== null) onOpen(nearest.index);
  };
  if (rows.length === 0) return null;
  return (
    <div className="px-4 pb-2">
      <div
        role="slider"
        tabIndex={0}
        aria-label="Versions by time"
        aria-valuemin={1}
        aria-valuemax={rows.length}
        aria-valuenow={open < 0 ? rows.length : rows.length - open}
        aria-valuetext={
          current === undefined
            ? "none is open"
            : `version ${rows.length - open} of ${rows.length}, ${
                current.timestamp === null ? "without a time" : formatTime(current.timestamp, zone)
              }, ${isDeleted(current) ? "deleted" : "put"}`
        }
        onKeyDown={onKeyDown}
        onClick={onClick}
        title="Arrows step through the versions"
        className="relative cursor-pointer rounded border border-line bg-surface px-2"
      >
        <div className="relative" style={{ height: HEIGHT }}>
          <Marks marks={marks} isDots={rows.length <= DOTS_MAX} />
          <Pin marks={marks} index={compared} className="bg-violet" />
          <Pin marks={marks} index={open} className="bg-accent" />
        </div>
      </div>
      <p className="mono flex justify-between gap-4 pt-0.5 text-2xs text-faint">
        <span>{first === 0 ? "" : <Time at={first} />}</span>
        <span className="font-sans">
          {rows.length === 1 ? "1 version" : `${formatCount(rows.length)} versions`}
          {!isWhole && ", not all there are"}
          {deletedCount > 0 &&
            `, ${formatCount(deletedCount)} of them ${deletedCount === 1 ? "a deletion" : "deletions"} (✕)`}
          {last === first && rows.length > 1 && ", all of one moment: shown in their order"}
        </span>
        <span>{last === 0 ? "" : <Time at={last} />}</span>
      </p>
    </div>
  );
}

const distance = ({ start }: StripMark, share: number): number =>
  Math.abs(start + 0.5 / COLUMNS - share);

function Marks({
  marks,
  isDots,
}: {
  readonly marks: readonly StripMark[];
  readonly isDots: boolean;
}): ReactNode {
  const most = Math.max(...marks.map(({ count }) => count));
  return (
    <svg
      aria-hidden
      className="absolute inset-0 size-full overflow-visible"
      viewBox={`0 0 ${COLUMNS} ${HEIGHT}`}
      preserveAspectRatio="none"
    >
      {marks.map((mark) => (
        <Mark key={mark.start} mark={mark} most={most} isDots={isDots} />
      ))}
    </svg>
  );
}

/** A dot or a bar for what was put; a cross at the top where something was deleted. */
function Mark({
  mark,
  most,
  isDots,
}: {
  readonly mark: StripMark;
  readonly most: number;
  readonly isDots: boolean;
}): ReactNode {
  const { start, count, deletedCount } = mark;
  const x = start * COLUMNS + 0.5;
  const tall = isDots ? 8 : 4 + (Math.log2(1 + count) / Math.log2(1 + most)) * (HEIGHT - 16);
  return (
    <>
      {count > deletedCount && (
        <line
          x1={x}
          x2={x}
          y1={HEIGHT - 4}
          y2={HEIGHT - 4 - (isDots ? 0.01 : tall)}
          stroke="var(--color-chart-1)"
          strokeWidth={isDots ? 8 : 3}
          strokeLinecap={isDots ? "round" : "butt"}
          vectorEffect="non-scaling-stroke"
        />
      )}
      {deletedCount > 0 && (
        <path
          d={`M${x - 0.7} 3l1.4 7m0 -7l-1.4 7`}
          stroke="var(--color-warn)"
          strokeWidth={1.5}
          vectorEffect="non-scaling-stroke"
        />
      )}
    </>
  );
}

/** Where a version lies. */
function Pin({
  marks,
  index,
  className,
}: {
  readonly marks: readonly StripMark[];
  readonly index: number;
  readonly className: string;
}): ReactNode {
  if (index < 0) return null;
  // Marks go from the newest version to the oldest, each named by its newest.
  const mark = marks.findLast((one) => one.index <= index);
  if (mark === undefined) return null;
  return (
    <span
      aria-hidden
      className={`absolute inset-y-0 -ml-px w-0.5 ${className}`}
      style={{ left: `${(mark.start + 0.5 / COLUMNS) * 100}%` }}
    />
  );
}
