/** Text and bytes as they are, of any size: only the lines in sight are in the page. */
"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useMemo, useRef } from "react";
import { BYTES_PER_LINE, hexLine, hexLineCount } from "../lib/hex.ts";

const ROW_PX = 20;
const OVERSCAN_ROWS = 30;
/** Longer lines are continued on the next one. */
const LINE_CHARS_MAX = 500;

interface LinesProps {
  readonly label: string;
  readonly count: number;
  readonly line: (index: number) => ReactNode;
}

function Lines({ label, count, line }: LinesProps): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
    useFlushSync: false,
  });
  return (
    // What scrolls must be reachable by keyboard
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={label}
      className="min-h-24 flex-1 overflow-auto p-2"
    >
      <div className="mono relative min-w-max text-xs" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => (
          <div
            key={index}
            className="absolute left-0 h-5 leading-5 whitespace-pre"
            style={{ transform: `translateY(${start}px)` }}
          >
            {line(index)}
          </div>
        ))}
      </div>
    </div>
  );
}

export function TextView({ text }: { readonly text: string }): ReactNode {
  const lines = useMemo(() => toLines(text), [text]);
  return <Lines label="Text" count={lines.length} line={(index) => lines[index]} />;
}

/** Lines of at most so many characters. */
export function toLines(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/).flatMap((line) => {
    if (line.length <= LINE_CHARS_MAX) return [line];
    const parts: string[] = [];
    for (let at = 0; at < line.length; at += LINE_CHARS_MAX)
      parts.push(line.slice(at, at + LINE_CHARS_MAX));
    return parts;
  });
}

const HEX_CHARS = BYTES_PER_LINE * 3;

export function HexView({ bytes }: { readonly bytes: Uint8Array }): ReactNode {
  return (
    <Lines
      label="Bytes"
      count={hexLineCount(bytes)}
      line={(index) => {
        const { offset, hex, text } = hexLine(bytes, index);
        return (
          <>
            <span className="text-faint">{offset}</span>
            {"  "}
            {hex.padEnd(HEX_CHARS)}
            {"  "}
            <span className="text-muted">{text}</span>
          </>
        );
      }}
    />
  );
}
