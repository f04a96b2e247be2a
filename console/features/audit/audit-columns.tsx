"use client";
import type { AuditEntry } from "@runnel/contracts/audit.ts";
import { OPERATIONS, OUTCOMES } from "../../lib/audit-words.ts";
import { formatIso } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import type { Column } from "../../ui/grid.tsx";
import { Time } from "../../ui/time.tsx";

export const AUDIT_COLUMNS: readonly Column<AuditEntry>[] = [
  {
    id: "at",
    header: "Time",
    width: "184px",
    cell: ({ at }) => <Time at={at} className="mono text-xs" />,
  },
  {
    id: "what",
    header: "What",
    width: "150px",
    cell: ({ operation }) => <span className="font-medium">{OPERATIONS[operation]}</span>,
  },
  {
    id: "of",
    header: "Of",
    width: "minmax(180px, 1fr)",
    cell: ({ resource: { kind, name } }) => (
      <>
        <span className="text-muted">{kind}</span> <bdi>{name}</bdi>
      </>
    ),
  },
  {
    id: "who",
    header: "Who",
    width: "minmax(200px, 1fr)",
    cell: ({ actor }) => (
      <>
        {actor.principal.replace(/^User:/, "")}{" "}
        <span className="text-muted">
          {actor.host}
          {actor.forwardedFor === undefined ? "" : ` for ${actor.forwardedFor}`}
        </span>
      </>
    ),
  },
  {
    id: "via",
    header: "Through",
    width: "100px",
    cell: ({ actor }) => <Badge>{actor.via === "admin" ? "admin API" : "Kafka"}</Badge>,
  },
  {
    id: "result",
    header: "Result",
    width: "100px",
    cell: ({ result }) => {
      const [tone, text] = OUTCOMES[result.outcome];
      return (
        <Badge tone={tone} {...(result.message === null ? {} : { title: result.message })}>
          {text}
        </Badge>
      );
    },
  },
];

/** A file has all that an entry holds; states are JSON. */
export const FILE_COLUMNS: readonly Required<Pick<Column<AuditEntry>, "header" | "text">>[] = [
  { header: "offset", text: ({ offset }) => String(offset) },
  { header: "at", text: ({ at }) => formatIso(at) },
  { header: "operation", text: ({ operation }) => operation },
  { header: "kind", text: ({ resource }) => resource.kind },
  { header: "name", text: ({ resource }) => resource.name },
  { header: "principal", text: ({ actor }) => actor.principal },
  { header: "host", text: ({ actor }) => actor.host },
  { header: "forwardedFor", text: ({ actor }) => actor.forwardedFor ?? "" },
  { header: "via", text: ({ actor }) => actor.via },
  { header: "client", text: ({ actor }) => actor.client },
  { header: "outcome", text: ({ result }) => result.outcome },
  { header: "message", text: ({ result }) => result.message ?? result.error ?? "" },
  { header: "asked", text: ({ asked }) => JSON.stringify(asked) },
  { header: "before", text: ({ before }) => JSON.stringify(before) },
  { header: "after", text: ({ after }) => JSON.stringify(after) },
];
