"use client";
import type { GroupRow } from "@runnel/contracts/groups.ts";
import type { Href } from "../../lib/cluster.tsx";
import { formatCount, formatLag } from "../../lib/format.ts";
import type { Column } from "../../ui/grid.tsx";
import { GroupStateBadge } from "../../ui/group-state.tsx";
import { LagEvents } from "../../ui/lag.tsx";
import { NameLink } from "../../ui/name-link.tsx";
import { Sparkline } from "../../ui/sparkline.tsx";

/** What the group is for, and by which protocol its members meet. */
function kindOf({ type, protocolType }: GroupRow): string {
  if (protocolType === "") return "offsets only";
  return type === "classic" ? protocolType : `${protocolType}, KIP-848`;
}

export function groupColumns(href: Href): readonly Column<GroupRow>[] {
  return [
    {
      id: "group",
      header: "Group",
      width: "minmax(260px, 1fr)",
      sort: "groupId",
      cell: ({ groupId }) => (
        <NameLink isInGrid href={href("groups", groupId)}>
          {groupId}
        </NameLink>
      ),
      text: ({ groupId }) => groupId,
    },
    {
      id: "state",
      header: "State",
      width: "130px",
      sort: "state",
      cell: ({ state }) => <GroupStateBadge state={state} />,
      text: ({ state }) => state,
    },
    {
      id: "members",
      header: "Members",
      width: "100px",
      align: "right",
      sort: "memberCount",
      cell: ({ memberCount }) => formatCount(memberCount),
      text: ({ memberCount }) => String(memberCount),
    },
    {
      id: "topics",
      header: "Topics",
      width: "90px",
      align: "right",
      cell: ({ topicCount }) => formatCount(topicCount),
      text: ({ topicCount }) => String(topicCount),
    },
    {
      id: "lag",
      header: "Lag in events",
      width: "130px",
      align: "right",
      sort: "lag",
      cell: ({ lag }) => <LagEvents lag={lag} />,
      text: ({ lag }) => String(lag.events),
    },
    {
      id: "trend",
      header: "Trend",
      width: "96px",
      align: "right",
      cell: ({ groupId }) => (
        <Sparkline series={`runnel_group_lag_events:value{=${groupId}}`} unit="count" isLineOnly />
      ),
    },
    {
      id: "seconds",
      header: "Lag in time",
      width: "130px",
      align: "right",
      cell: ({ lag }) => formatLag(lag),
      text: ({ lag }) => String(lag.seconds ?? ""),
    },
    {
      id: "protocol",
      header: "Kind",
      width: "150px",
      cell: (row) => <span className="text-muted">{kindOf(row)}</span>,
      text: kindOf,
    },
  ];
}
