import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "../api.ts";

const BROKERS_MAX = 1_000;

export const brokersQuery = queryOptions({
  queryKey: ["brokers"],
  queryFn: ({ signal }) => api.listBrokers({ query: { limit: BROKERS_MAX } }, { signal }),
});

export const brokerQuery = (broker: number) =>
  queryOptions({
    queryKey: ["brokers", broker],
    queryFn: ({ signal }) => api.getBroker({ params: { broker } }, { signal }),
  });

export const replicasQuery = (broker: number, filter: string) =>
  queryOptions({
    queryKey: ["brokers", broker, "replicas", filter],
    queryFn: ({ signal }) =>
      api.listReplicas(
        {
          params: { broker },
          query: {
            limit: 1_000,
            sort: "sizeBytes",
            order: "desc",
            ...(filter === "" ? {} : { filter }),
          },
        },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });

export const brokerConfigsKey = ["brokers", "configs"] as const;

/** `default`: what was set at run time for all of them. */
export const brokerConfigsQuery = (broker: string) =>
  queryOptions({
    queryKey: [...brokerConfigsKey, broker],
    queryFn: ({ signal }) => api.getBrokerConfigs({ params: { broker } }, { signal }),
  });
