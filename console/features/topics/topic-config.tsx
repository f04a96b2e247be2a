/** The settings of a topic: what they are, where they come from, and how to change them. */
"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { parseAsBoolean, parseAsString, useQueryStates } from "nuqs";
import { type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { topicConfigsQuery, topicKeys, topicQuery } from "../../lib/data/topics.ts";
import { Button } from "../../ui/button.tsx";
import { type Changes, withChange } from "../../ui/config-changes.ts";
import { ConfigRow } from "../../ui/config-row.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";

const ConfigReview = dynamic(
  () => import("../../ui/config-review.tsx").then((module) => module.ConfigReview),
  { ssr: false },
);

const NO_CHANGES: Changes = {};
const GROUPS: readonly (readonly [string, RegExp])[] = [
  [
    "Retention and cleanup",
    /^(cleanup|retention|delete|min\.c|max\.c|min\.cleanable|file\.delete)/,
  ],
  ["Replication and durability", /^(min\.insync|unclean|flush|preallocate)/],
  ["Events", /^(max\.message|message|compression)/],
  ["Segments", /^(segment|index)/],
  ["Runnel", /^runnel/],
  ["Other", /./],
];

export function TopicConfig({ topic }: { readonly topic: string }): ReactNode {
  const { data, error, refetch, isFetching } = useQuery(topicConfigsQuery(topic));
  const isInternal = useQuery(topicQuery(topic)).data?.isInternal === true;
  const [{ q, own }, setState] = useQueryStates(
    { q: parseAsString.withDefault(""), own: parseAsBoolean.withDefault(false) },
    { history: "replace" },
  );
  const [changes, setChanges] = useState<Changes>(NO_CHANGES);
  const [isReviewing, setIsReviewing] = useState(false);
  if (data === undefined) {
    return error === null ? (
      <SkeletonRows count={10} />
    ) : (
      <ProblemPanel error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
    );
  }
  const shown = data.items.filter((config) => matches(config, q, own, changes));
  const count = Object.keys(changes).length;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-3 px-4 py-2.5">
        <FilterInput
          label="Filter settings"
          placeholder="Filter by name or description"
          value={q}
          onChange={(text) => void setState({ q: text })}
          className="w-72"
        />
        <Checkbox
          label="Only what is set for this topic"
          checked={own}
          onChange={(event) => void setState({ own: event.target.checked })}
        />
        {isInternal && (
          <span className="text-sm text-muted">Internal topics cannot be changed.</span>
        )}
        {count > 0 && (
          <div className="ml-auto flex items-center gap-1.5">
            <span className="text-sm text-muted">{count} to change</span>
            <Button look="ghost" onClick={() => setChanges(NO_CHANGES)}>
              Undo all
            </Button>
            <Button look="primary" onClick={() => setIsReviewing(true)}>
              Review and apply …
            </Button>
          </div>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto border-t border-line bg-surface">
        {shown.length === 0 && (
          <FilteredEmpty what="settings" onClear={() => void setState({ q: "", own: false })} />
        )}
        {grouped(shown).map(([title, configs]) => (
          <section key={title}>
            <h2 className="sticky top-0 z-10 border-b border-line bg-raised px-4 py-1 text-xs font-medium text-muted">
              {title}
            </h2>
            {configs.map((config) => (
              <ConfigRow
                key={config.name}
                config={config}
                own={ownOf(config)}
                change={changes[config.name]}
                isLocked={isInternal}
                onChange={(value) =>
                  setChanges(withChange(changes, { config, own: ownOf(config) }, value))
                }
              />
            ))}
          </section>
        ))}
      </div>
      {isReviewing && (
        <ConfigReview
          subject={topic}
          changes={changes}
          send={(dryRun, signal) =>
            api.changeTopicConfigs(
              {
                params: { topic },
                body: { configs: { ...changes } },
                query: dryRun ? { dryRun } : {},
              },
              { ifMatch: data.etag, ...(signal === undefined ? {} : { signal }) },
            )
          }
          queryKey={topicKeys.all}
          configs={data.items}
          onClose={() => setIsReviewing(false)}
          onDone={() => {
            setChanges(NO_CHANGES);
            setIsReviewing(false);
          }}
        />
      )}
    </div>
  );
}

const ownOf = ({ origin, value }: Config): string | null => (origin === "topic" ? value : null);

function matches(
  { name, doc, origin }: Config,
  q: string,
  own: boolean,
  changes: Changes,
): boolean {
  if (Object.hasOwn(changes, name)) return true;
  if (own && origin !== "topic") return false;
  const words = q.toLowerCase();
  return name.includes(words) || doc.toLowerCase().includes(words);
}

function grouped(configs: readonly Config[]): readonly (readonly [string, readonly Config[]])[] {
  const left = new Set(configs);
  return GROUPS.flatMap(([title, pattern]) => {
    const found = [...left].filter(({ name }) => pattern.test(name));
    for (const config of found) left.delete(config);
    return found.length === 0 ? [] : [[title, found] as const];
  });
}
