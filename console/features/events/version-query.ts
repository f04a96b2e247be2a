import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { queryOptions } from "@tanstack/react-query";
import { api } from "../../lib/api.ts";

const FIELD_LENGTH = 4_096;

/** The last version before a place, as the API writes places; null where there is none. */
export const versionBeforeQuery = (topic: string, key: string, to: string) =>
  queryOptions({
    queryKey: ["key-before", topic, key, to],
    queryFn: async ({ signal }): Promise<DecodedRecord | null> => {
      const query = {
        key,
        to,
        order: "newest" as const,
        limit: 1,
        fieldLength: FIELD_LENGTH,
      };
      for await (const { event, data } of api.readKey({ params: { topic }, query }, { signal })) {
        if (event === "event") return data;
        if (event === "done" && data.failure !== null) throw new Error(data.failure);
      }
      return null;
    },
  });
