"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { brokerConfigsQuery } from "../../lib/data/brokers.ts";
import { DURATIONS, describeAmount, SIZES } from "../../lib/quantity.ts";
import { Badge } from "../../ui/badge.tsx";
import { DocText } from "../../ui/doc-text.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";

interface BrokerSettingsProps {
  readonly broker: number;
  readonly filter: string;
  readonly onClear: () => void;
}

const ORIGINS: Readonly<Record<Config["origin"], string>> = {
  topic: "topic",
  dynamicBroker: "set for this broker",
  dynamicDefault: "set for all brokers",
  static: "file, environment or flag",
  default: "default",
};

/** What the broker goes by, and where each value comes from. What is set somewhere comes first. */
export function BrokerSettings({ broker, filter, onClear }: BrokerSettingsProps): ReactNode {
  const { data, error, refetch } = useQuery(brokerConfigsQuery(broker));
  if (data === undefined) {
    return error === null ? (
      <SkeletonRows count={8} />
    ) : (
      <ProblemPanel error={error} onRetry={() => void refetch()} />
    );
  }
  const words = filter.toLowerCase();
  const shown = data.items
    .filter(({ name, doc }) => name.includes(words) || doc.toLowerCase().includes(words))
    .toSorted((a, b) => Number(a.origin === "default") - Number(b.origin === "default"));
  if (shown.length === 0) return <FilteredEmpty what="settings" onClear={onClear} />;
  return (
    // What scrolls must be reachable by keyboard
    <div
      className="min-h-0 flex-1 overflow-y-auto"
      tabIndex={0}
      role="region"
      aria-label="Settings"
    >
      {shown.map((config) => (
        <div
          key={config.name}
          className="grid items-start gap-x-6 border-b border-line px-4 py-2 md:grid-cols-[minmax(0,1fr)_14rem_14rem]"
        >
          <div className="min-w-0">
            <p className="mono text-xs font-medium">{config.name}</p>
            <p className="text-xs text-muted">
              <DocText text={config.doc} />
            </p>
          </div>
          <div>
            <Badge tone={config.origin === "default" ? "neutral" : "accent"}>
              {ORIGINS[config.origin]}
            </Badge>
            {config.isReadOnly && (
              <span className="ml-2 text-xs text-faint">at the start only</span>
            )}
          </div>
          <p className="mono text-xs break-all">{describe(config)}</p>
        </div>
      ))}
    </div>
  );
}

function describe({ value, unit, isSensitive }: Config): string {
  if (isSensitive) return "hidden";
  if (value === null) return "not set";
  if (unit === "ms") return describeAmount(value, DURATIONS);
  if (unit === "bytes") return describeAmount(value, SIZES);
  return value === "" ? "empty" : `${value}${unit === null ? "" : ` ${unit}`}`;
}
