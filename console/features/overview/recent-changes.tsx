"use client";
import { queryOptions, useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../lib/api.ts";
import { OPERATIONS, OUTCOMES } from "../../lib/audit-words.ts";
import { useHref } from "../../lib/cluster.tsx";
import { useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Ago } from "../../ui/time.tsx";
import { TopList } from "./top-list.tsx";

const ROWS = 5;

const recentQuery = queryOptions({
  queryKey: ["audit", "recent"],
  queryFn: ({ signal }) => api.listAudit({ query: { limit: ROWS } }, { signal }),
});

/** Who changed what last. */
export function RecentChanges(): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const query = useQuery({ ...recentQuery, refetchInterval });
  return (
    <TopList
      title="Last changes"
      more={{ href: href("audit"), text: "All changes" }}
      query={query}
      empty="Nothing was changed yet."
    >
      {(rows) => (
        <Table
          label="Last changes"
          head={
            <>
              <Th>What</Th>
              <Th>Of</Th>
              <Th>Who</Th>
              <Th>Result</Th>
              <Th isRight>When</Th>
            </>
          }
        >
          {rows.map(({ offset, at, operation, resource, actor, result }) => {
            const [tone, text] = OUTCOMES[result.outcome];
            return (
              <Tr key={offset}>
                <Td>
                  <NameLink href={`${href("audit")}?r=${offset}`}>{OPERATIONS[operation]}</NameLink>
                </Td>
                <Td className="max-w-80 truncate" title={resource.name}>
                  <span className="text-muted">{resource.kind}</span> <bdi>{resource.name}</bdi>
                </Td>
                <Td className="max-w-64 truncate">
                  {actor.principal.replace(/^User:/, "")}{" "}
                  <span className="text-muted">{actor.client}</span>
                </Td>
                <Td>
                  <Badge tone={tone}>{text}</Badge>
                </Td>
                <Td isRight>
                  <Ago at={at} />
                </Td>
              </Tr>
            );
          })}
        </Table>
      )}
    </TopList>
  );
}
