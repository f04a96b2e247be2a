"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import { Lock, Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../lib/cn.ts";
import { Badge, type Tone } from "./badge.tsx";
import { Button } from "./button.tsx";
import type { OwnConfig } from "./config-changes.ts";
import { ConfigInput, describeValue } from "./config-input.tsx";
import { DocText } from "./doc-text.tsx";

interface ConfigRowProps extends OwnConfig {
  /** Undefined: it stays as it is; null: it shall inherit. */
  readonly change: string | null | undefined;
  readonly isLocked: boolean;
  /** Why it cannot be changed here, and what to do instead. */
  readonly lockedNote?: string;
  readonly onChange: (value: string | null) => void;
}

/** Where a value comes from, in words. */
export const ORIGINS: Readonly<Record<Config["origin"], readonly [Tone, string]>> = {
  topic: ["accent", "this topic"],
  dynamicBroker: ["violet", "this broker"],
  dynamicDefault: ["violet", "all brokers"],
  static: ["neutral", "file or flag"],
  default: ["neutral", "default"],
};

/** A setting: what it is, where that comes from, and its change. */
export function ConfigRow(props: ConfigRowProps): ReactNode {
  const { config, own, change, isLocked, lockedNote, onChange } = props;
  const { name, doc, origin, isReadOnly, isSensitive, notServed, allowed } = config;
  const value = (change === undefined ? own : change) ?? "";
  const [tone, place] = ORIGINS[origin];
  const isChanged = change !== undefined;
  return (
    <div
      className={cn(
        "grid items-start gap-x-6 gap-y-1 border-b border-line px-4 py-2 md:grid-cols-[minmax(0,1fr)_9rem_15rem]",
        isChanged && "bg-accent-soft",
      )}
    >
      <div className="min-w-0">
        <p className="mono text-xs font-medium">{name}</p>
        <p className="text-xs text-muted">
          <DocText text={doc} />
        </p>
        {notServed !== null && <p className="text-xs text-warn">{notServed}</p>}
      </div>
      <div>
        <Badge tone={tone}>{place}</Badge>
        {origin !== "default" && (
          <p className="mt-0.5 truncate text-xs text-faint" title={config.default ?? ""}>
            built in: {describeValue(config, config.default)}
          </p>
        )}
      </div>
      <div className="flex items-start gap-1">
        {isReadOnly || isLocked ? (
          <div className="min-w-0">
            <p className="mono flex items-center gap-1.5 py-1 text-xs break-all">
              <Lock className="size-3 shrink-0 text-faint" />
              {isSensitive ? "hidden" : describeValue(config, config.value)}
            </p>
            {lockedNote !== undefined && (
              <p className="text-xs wrap-anywhere text-faint">{lockedNote}</p>
            )}
          </div>
        ) : (
          <div className="min-w-0 flex-1" title={`It must be ${allowed}`}>
            <ConfigInput
              config={config}
              value={value}
              onChange={(next) => onChange(next === "" ? null : next)}
            />
          </div>
        )}
        {isChanged && (
          <Button
            look="ghost"
            isIcon
            aria-label={`Undo the change of ${name}`}
            title="Undo"
            onClick={() => onChange(own)}
          >
            <Undo2 />
          </Button>
        )}
      </div>
    </div>
  );
}
