/** What the metrics of a broker were: 24 hours in steps of 10 s, 30 days in steps of 5 min. */
import { z } from "zod";
import { Timestamp } from "./common.ts";

export const SERIES_MAX = 100;
export const POINTS_MAX = 600;
const POINTS_MIN = 2;
const NAME_LENGTH_MAX = 600;

export const MetricStatistic = z
  .enum(["rate", "value", "p50", "p99"])
  .meta({ id: "MetricStatistic" });
export type MetricStatistic = z.infer<typeof MetricStatistic>;

/** One series that has a history. */
export const MetricSeries = z
  .object({
    name: z.string().meta({ description: "What the history is asked for by." }),
    metric: z.string().meta({ description: "The name in /metrics." }),
    statistic: MetricStatistic.meta({
      description: "A counter's rate a second, a gauge's value, percentiles of a histogram.",
    }),
    label: z.string().nullable().meta({ description: "`topic`, `group`, `api`; null for none." }),
    member: z.string().nullable().meta({ description: "The label's value; null for none." }),
    isRest: z.boolean().meta({
      description: "The sum of all members that have no series of their own.",
    }),
    unit: z.enum(["bytes", "seconds", "count", "bytes/s", "seconds/s", "1/s"]),
    help: z.string().nullable().meta({ description: "Null for a metric that is gone." }),
  })
  .meta({ id: "MetricSeries" });
export type MetricSeries = z.infer<typeof MetricSeries>;

export const MetricSeriesQuery = z.strictObject({
  metric: z.string().min(1).max(NAME_LENGTH_MAX).optional().meta({
    description: "Series of this metric alone.",
  }),
  member: z.string().min(1).max(NAME_LENGTH_MAX).optional().meta({
    description: "Series of this member alone: a topic, a group, an API.",
  }),
});
export type MetricSeriesQuery = z.infer<typeof MetricSeriesQuery>;

export const MetricSeriesList = z
  .object({
    items: z.array(MetricSeries),
    since: Timestamp.nullable().meta({
      description: "The oldest time of which something may be there; null while there is nothing.",
    }),
  })
  .meta({ id: "MetricSeriesList" });
export type MetricSeriesList = z.infer<typeof MetricSeriesList>;

export const MetricHistoryQuery = z.strictObject({
  series: z
    .array(z.string().min(1).max(NAME_LENGTH_MAX))
    .min(1)
    .max(SERIES_MAX)
    .meta({
      description: `Names of series; the parameter comes once for each, ${SERIES_MAX} at most.`,
    }),
  from: Timestamp.min(0).optional().meta({ description: "An hour before `to` where left out." }),
  to: Timestamp.min(0).optional().meta({ description: "Now where left out; not in it." }),
  points: z
    .int()
    .min(POINTS_MIN)
    .max(POINTS_MAX)
    .optional()
    .meta({ description: "The most buckets of a series; 300 where left out." }),
});
export type MetricHistoryQuery = z.infer<typeof MetricHistoryQuery>;

const Values = z.array(z.number().nullable());

/** One series in buckets; null where a bucket has no value. */
export const MetricPoints = z
  .object({
    name: z.string(),
    isKnown: z.boolean().meta({ description: "False for a series that nobody has heard of." }),
    min: Values,
    avg: Values,
    max: Values,
  })
  .meta({ id: "MetricPoints" });
export type MetricPoints = z.infer<typeof MetricPoints>;

export const MetricHistory = z
  .object({
    from: Timestamp.meta({ description: "Where the first bucket begins." }),
    stepMs: z.int().meta({ description: "Length of a bucket." }),
    count: z.int().meta({ description: "Buckets of every series that is known." }),
    resolutionMs: z.int().meta({
      description:
        "The span of one stored value: 10 s, or 5 min where that is enough or all there is.",
    }),
    series: z.array(MetricPoints).meta({ description: "In the order asked." }),
  })
  .meta({ id: "MetricHistory" });
export type MetricHistory = z.infer<typeof MetricHistory>;
