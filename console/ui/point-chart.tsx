/** A chart of single values, each at a time of its own, with the same values as a table behind it. */
"use client";
import { Table2 } from "lucide-react";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";
import type { ChartPoint } from "./point-props.ts";
import { Skeleton } from "./skeleton.tsx";
import { Table, Td, Th, Tr } from "./table.tsx";
import { Time } from "./time.tsx";

interface PointChartProps {
  readonly title: ReactNode;
  readonly name: string;
  /** By time. */
  readonly points: readonly ChartPoint[];
  /** Time of what is shown elsewhere. */
  readonly openAt: number | null;
  readonly onOpen: (index: number) => void;
  readonly actions?: ReactNode;
}

const HEIGHT_PX = 150;

const PointLine = dynamic(() => import("./point-line.tsx").then((module) => module.PointLine), {
  ssr: false,
  loading: () => <Skeleton className="h-[150px]" />,
});

export function PointChart(props: PointChartProps): ReactNode {
  const { title, name, points, openAt, onOpen, actions } = props;
  const [isTable, setIsTable] = useState(false);
  return (
    <section aria-label={`${name} over time`} className="border-b border-line bg-surface">
      <header className="flex h-9 items-center justify-between gap-2 px-4">
        <h3 className="min-w-0 truncate text-sm font-semibold">{title}</h3>
        <span className="flex items-center gap-1.5">
          {actions}
          <Button
            look="ghost"
            isIcon
            className="size-6"
            aria-pressed={isTable}
            aria-label={`${name} as a table`}
            title="As a table"
            onClick={() => setIsTable(!isTable)}
          >
            <Table2 />
          </Button>
        </span>
      </header>
      <div className="px-3 pb-2" style={{ minHeight: HEIGHT_PX }}>
        {points.every(({ value }) => value === null) ? (
          <p className="py-12 text-center text-muted">None of these versions has a number there.</p>
        ) : isTable ? (
          <Values {...props} />
        ) : (
          <PointLine
            name={name}
            points={points}
            openAt={openAt}
            onOpen={onOpen}
            height={HEIGHT_PX}
          />
        )}
      </div>
    </section>
  );
}

/** The newest first. */
function Values({ name, points, openAt, onOpen }: PointChartProps): ReactNode {
  return (
    <Table
      label={`${name} over time`}
      className="max-h-[150px] overflow-y-auto"
      head={
        <>
          <Th>Time</Th>
          <Th isRight>{name}</Th>
        </>
      }
    >
      {points
        .map((point, index) => ({ ...point, index }))
        .toReversed()
        .map(({ at, value, text, index }) => (
          <Tr key={index} {...(at === openAt ? { className: "bg-accent-soft" } : {})}>
            <Td isMono>
              <button
                type="button"
                className="hover:text-accent hover:underline"
                onClick={() => onOpen(index)}
              >
                <Time at={at} />
              </button>
            </Td>
            <Td isRight className={value === null ? "text-faint" : ""}>
              {text}
            </Td>
          </Tr>
        ))}
    </Table>
  );
}
