/** What a broker goes by, where each value comes from, and how to change what can change while it runs. */
"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { parseAsBoolean, parseAsStringLiteral, useQueryStates } from "nuqs";
import { type ReactNode, useState } from "react";
import { api } from "../../lib/api.ts";
import { brokerConfigsKey, brokerConfigsQuery } from "../../lib/data/brokers.ts";
import { Button } from "../../ui/button.tsx";
import { type Changes, type OwnConfig, withChange } from "../../ui/config-changes.ts";
import { ConfigRow } from "../../ui/config-row.tsx";
import { Checkbox, Segmented } from "../../ui/field.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { ownConfigs, type Scope, startNote } from "./own-configs.ts";

const ConfigReview = dynamic(
  () => import("../../ui/config-review.tsx").then((module) => module.ConfigReview),
  { ssr: false },
);

interface BrokerSettingsProps {
  readonly broker: number;
  readonly filter: string;
  readonly onClear: () => void;
}

const NO_CHANGES: Changes = {};
const SCOPES = ["broker", "all"] as const satisfies readonly Scope[];
const PARSERS = {
  /** For whom changes count. */
  scope: parseAsStringLiteral(SCOPES).withDefault("broker"),
  /** Only what is not as it is built in. */
  own: parseAsBoolean.withDefault(false),
};

export function BrokerSettings({ broker, filter, onClear }: BrokerSettingsProps): ReactNode {
  const [{ scope, own }, setState] = useQueryStates(PARSERS, { history: "replace" });
  const one = useQuery(brokerConfigsQuery(String(broker)));
  const all = useQuery(brokerConfigsQuery("default"));
  const [changes, setChanges] = useState<Changes>(NO_CHANGES);
  const [isReviewing, setIsReviewing] = useState(false);
  if (one.data === undefined || all.data === undefined) {
    const error = one.error ?? all.error;
    const retry = (): void => void Promise.all([one.refetch(), all.refetch()]);
    return error === null ? (
      <SkeletonRows count={8} />
    ) : (
      <ProblemPanel error={error} onRetry={retry} />
    );
  }
  const configs = ownConfigs(scope, one.data.items, all.data.items);
  const shown = configs.filter((each) => matches(each, filter, own, changes));
  const count = Object.keys(changes).length;
  const resource = scope === "all" ? "default" : String(broker);
  const etag = (scope === "all" ? all : one).data?.etag ?? "";
  return (
    <>
      <div className="flex min-h-10 flex-wrap items-center gap-3 border-b border-line px-4 py-1.5">
        <Segmented<Scope>
          label="For whom changes count"
          value={scope}
          onChange={(next) => {
            setChanges(NO_CHANGES);
            void setState({ scope: next });
          }}
          options={[
            ["broker", "This broker"],
            ["all", "All brokers"],
          ]}
        />
        <Checkbox
          label="Only what was changed"
          checked={own}
          onChange={({ target }) => void setState({ own: target.checked })}
        />
        {count > 0 && (
          <span className="ml-auto flex items-center gap-1.5">
            <span className="text-sm text-muted">{count} to change</span>
            <Button look="ghost" onClick={() => setChanges(NO_CHANGES)}>
              Undo all
            </Button>
            <Button look="primary" onClick={() => setIsReviewing(true)}>
              Review and apply …
            </Button>
          </span>
        )}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {shown.length === 0 && (
          <FilteredEmpty
            what="settings"
            onClear={() => {
              onClear();
              void setState({ own: false });
            }}
          />
        )}
        {sections(shown).map(([title, members]) => (
          <section key={title}>
            <h2 className="sticky top-0 z-10 border-b border-line bg-raised px-4 py-1 text-xs font-medium text-muted">
              {title}
            </h2>
            {members.map((each) => (
              <ConfigRow
                key={each.config.name}
                {...each}
                change={changes[each.config.name]}
                isLocked={false}
                lockedNote={startNote(each.config.name)}
                onChange={(value) => setChanges(withChange(changes, each, value))}
              />
            ))}
          </section>
        ))}
      </div>
      {isReviewing && (
        <ConfigReview
          subject={scope === "all" ? "all brokers" : `broker ${broker}`}
          changes={changes}
          configs={one.data.items}
          send={(dryRun, signal) =>
            api.changeBrokerConfigs(
              {
                params: { broker: resource },
                body: { configs: { ...changes } },
                query: dryRun ? { dryRun } : {},
              },
              { ifMatch: etag, ...(signal === undefined ? {} : { signal }) },
            )
          }
          queryKey={brokerConfigsKey}
          onClose={() => setIsReviewing(false)}
          onDone={() => {
            setChanges(NO_CHANGES);
            setIsReviewing(false);
          }}
        />
      )}
    </>
  );
}

function matches({ config }: OwnConfig, filter: string, own: boolean, changes: Changes): boolean {
  const { name, doc, origin } = config;
  if (Object.hasOwn(changes, name)) return true;
  if (own && origin === "default") return false;
  const words = filter.toLowerCase();
  return name.includes(words) || doc.toLowerCase().includes(words);
}

/** What can change first; within a part, what is set somewhere. */
function sections(
  configs: readonly OwnConfig[],
): readonly (readonly [string, readonly OwnConfig[]])[] {
  const isSet = ({ config }: OwnConfig): number => Number(config.origin === "default");
  const sorted = configs.toSorted((a, b) => isSet(a) - isSet(b));
  const live = sorted.filter(({ config }: { readonly config: Config }) => !config.isReadOnly);
  const fixed = sorted.filter(({ config }) => config.isReadOnly);
  const parts = [
    ["Take effect while the broker runs", live],
    ["Are read when the broker starts", fixed],
  ] as const;
  return parts.filter(([, members]) => members.length > 0);
}
