import { queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";

/** Often enough that a broker that is gone shows within 3 s. */
export const CLUSTER_REFRESH_MS = 2_000;

export const clusterQuery = queryOptions({
  queryKey: ["cluster"],
  queryFn: ({ signal }) => api.getCluster(undefined, { signal }),
  refetchInterval: CLUSTER_REFRESH_MS,
});
