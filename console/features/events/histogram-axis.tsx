"use client";
import type { Histogram } from "@runnel/contracts/events.ts";
import { Table2, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../../lib/cn.ts";
import { formatCount, formatTime } from "../../lib/format.ts";
import { usePreferences } from "../../lib/preferences.ts";
import { Button } from "../../ui/button.tsx";
import type { Layer } from "./histogram-layers.ts";
import type { TimeSpan } from "./histogram-range.ts";
import { LAYER_SWATCHES, REST_SWATCH } from "./layer-colors.ts";

interface AxisProps {
  readonly data: Histogram;
  readonly span: TimeSpan;
  readonly layers: readonly Layer[];
  readonly isZoomed: boolean;
  readonly isTable: boolean;
  readonly onTable: () => void;
  readonly onReset: () => void;
  readonly onPartition: (partition: number) => void;
}

/** Below the bars: from when to when, which colour is which partition, how many events in all. */
export function HistogramAxis(props: AxisProps): ReactNode {
  const { data, span, layers, isZoomed, isTable, onTable, onReset, onPartition } = props;
  const { zone } = usePreferences();
  return (
    <div className="mono flex min-h-[18px] items-center justify-between gap-3 border-t border-line text-2xs text-faint">
      <span suppressHydrationWarning>{formatTime(span.from, zone).slice(0, 19)}</span>
      <span className="flex flex-wrap items-center justify-center gap-x-3">
        {layers.length > 1 && <Legend layers={layers} onPartition={onPartition} />}
        <span>
          {data.isExact ? "" : "≈ "}
          {formatCount(data.total)} events
        </span>
        {isZoomed && (
          <Button look="ghost" className="h-[18px] px-1 text-2xs" onClick={onReset}>
            <Undo2 /> All of it
          </Button>
        )}
        <Button
          look="ghost"
          isIcon
          className="size-[18px]"
          aria-pressed={isTable}
          aria-label="Events by time as a table"
          title="As a table"
          onClick={onTable}
        >
          <Table2 />
        </Button>
      </span>
      <span suppressHydrationWarning>{formatTime(span.to, zone).slice(0, 19)}</span>
    </div>
  );
}

interface LegendProps {
  readonly layers: readonly Layer[];
  readonly onPartition: (partition: number) => void;
}

function Legend({ layers, onPartition }: LegendProps): ReactNode {
  return (
    <span className="flex items-center gap-1.5 max-sm:hidden">
      <span>partition</span>
      {layers.map(({ partition, size }, at) =>
        partition === null ? (
          <span key="rest" className="flex items-center gap-1">
            <Swatch className={REST_SWATCH} /> {formatCount(size)} others
          </span>
        ) : (
          <button
            key={partition}
            type="button"
            title={`Only partition ${partition}`}
            aria-label={`Only partition ${partition}`}
            onClick={() => onPartition(partition)}
            className="flex items-center gap-1 rounded px-0.5 hover:bg-raised hover:text-ink"
          >
            <Swatch className={LAYER_SWATCHES[at] ?? REST_SWATCH} /> {partition}
          </button>
        ),
      )}
    </span>
  );
}

function Swatch({ className }: { readonly className: string }): ReactNode {
  return <span aria-hidden className={cn("size-2 rounded-[2px]", className)} />;
}
