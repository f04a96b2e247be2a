/** A chart of series over time, loaded when it is needed, with the same numbers as a table behind it. */
"use client";
import { Table2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import { formatUnit } from "../lib/units.ts";
import { Button } from "./button.tsx";
import { type ChartProps, chartColor } from "./chart-props.ts";
import { Skeleton } from "./skeleton.tsx";
import { Table, Td, Th, Tr } from "./table.tsx";
import { Time } from "./time.tsx";

const HEIGHT_PX = 180;
/** Of more series there is room for the names alone. */
const VALUES_MAX = 2;

const LineChart = dynamic(() => import("./line-chart.tsx").then((module) => module.TimeLineChart), {
  ssr: false,
  loading: () => <Skeleton className="h-[180px]" />,
});

export function Chart(props: ChartProps): ReactNode {
  const [isTable, setIsTable] = useState(false);
  const { title, series, isLoading = false } = props;
  const isEmpty = series.every(({ values }) => values.every((value) => value === null));
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border border-line bg-surface">
      <header className="flex h-9 items-center justify-between gap-2 px-3">
        <h2 className="truncate text-sm font-semibold">{title}</h2>
        <Button
          look="ghost"
          isIcon
          className="size-6"
          aria-pressed={isTable}
          aria-label={`${title} as a table`}
          title="As a table"
          onClick={() => setIsTable(!isTable)}
        >
          <Table2 />
        </Button>
      </header>
      <Legend {...props} />
      <div className="px-2 pb-2" style={{ minHeight: HEIGHT_PX + 4 }}>
        {isLoading ? (
          <Skeleton className="h-[180px]" />
        ) : isEmpty ? (
          <p className="px-1 py-14 text-center text-muted">Nothing yet in this time.</p>
        ) : isTable ? (
          <Numbers {...props} />
        ) : (
          <LineChart {...props} height={HEIGHT_PX} />
        )}
      </div>
    </section>
  );
}

/** Which line is what, and what it is now where there is room for that. */
function Legend({ unit, series }: ChartProps): ReactNode {
  return (
    <ul className="flex min-h-5 flex-wrap items-center gap-x-4 px-3 text-xs leading-5">
      {series.map(({ name, values }, index) => (
        <li key={name} title={name} className="flex min-w-0 items-center gap-1.5">
          <span
            aria-hidden
            className="h-0.5 w-2.5 shrink-0 rounded"
            style={{ background: chartColor(index) }}
          />
          <span className="max-w-44 truncate text-muted">{name}</span>
          {series.length <= VALUES_MAX && (
            <span className="mono shrink-0">
              {formatUnit(values.findLast((value) => value !== null) ?? null, unit)}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The same numbers, the newest first. */
function Numbers({ title, unit, from, stepMs, series, hrefAt }: ChartProps): ReactNode {
  const count = series[0]?.values.length ?? 0;
  const buckets = Array.from({ length: count }, (_, index) => count - 1 - index);
  return (
    <Table
      label={title}
      className="max-h-52 overflow-y-auto"
      head={
        <>
          <Th>Time</Th>
          {series.map(({ name }) => (
            <Th key={name} isRight>
              {name}
            </Th>
          ))}
        </>
      }
    >
      {buckets.map((index) => (
        <Tr key={index}>
          <Td isMono>
            {hrefAt === undefined ? (
              <Time at={from + index * stepMs} />
            ) : (
              <Link
                href={hrefAt(from + index * stepMs)}
                className="hover:text-accent hover:underline"
              >
                <Time at={from + index * stepMs} />
              </Link>
            )}
          </Td>
          {series.map(({ name, values }) => (
            <Td key={name} isRight>
              {formatUnit(values[index] ?? null, unit)}
            </Td>
          ))}
        </Tr>
      ))}
    </Table>
  );
}
