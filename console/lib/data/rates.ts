/** The last quarter of an hour of many series, asked for a screenful at a time. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";
import { batchesOf } from "./metrics.ts";

const BATCH_MS = 20;
const SPAN_MS = 900_000;
const POINTS = 30;
const STALE_MS = 20_000;

export type Points = readonly (number | null)[];

interface Waiting {
  readonly name: string;
  readonly resolve: (points: Points) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

/** Joins what is asked for in the same moment into as few requests as possible. */
function load(name: string): Promise<Points> {
  return new Promise((resolve, reject) => {
    if (waiting.length === 0) setTimeout(flush, BATCH_MS);
    waiting.push({ name, resolve, reject });
  });
}

function flush(): void {
  const all = waiting;
  waiting = [];
  for (const names of batchesOf([...new Set(all.map(({ name }) => name))])) {
    const isOf = new Set(names);
    void ask(
      names,
      all.filter(({ name }) => isOf.has(name)),
    );
  }
}

async function ask(names: readonly string[], batch: readonly Waiting[]): Promise<void> {
  try {
    const to = Date.now();
    const query = { series: [...names], from: to - SPAN_MS, to, points: POINTS };
    const { series } = await api.getMetricHistory({ query });
    for (const { name, resolve } of batch) {
      resolve(series.find((one) => one.name === name)?.avg ?? []);
    }
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}

export const rateQuery = (name: string) =>
  queryOptions({
    queryKey: ["metrics", "rate", name],
    queryFn: () => load(name),
    staleTime: STALE_MS,
    refetchInterval: STALE_MS,
    retry: false,
  });
