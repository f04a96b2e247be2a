"use client";
import type { Config } from "@runnel/contracts/configs.ts";
import type { TopicDefaults } from "@runnel/contracts/topics.ts";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { cn } from "../../lib/cn.ts";
import { Badge } from "../../ui/badge.tsx";
import { ConfigInput } from "../../ui/config-input.tsx";
import { DocText } from "../../ui/doc-text.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Panel } from "../../ui/panel.tsx";
import {
  type Draft,
  PRESETS,
  type Preset,
  presetOf,
  presetRefusal,
  withConfig,
  withPreset,
} from "./draft.ts";

interface DraftFieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** Undefined while they are on their way. */
  readonly defaults: TopicDefaults | undefined;
  readonly errors: ReadonlyMap<string, string>;
}

/** Settings in sight from the start. */
const FIRST = ["cleanup.policy", "retention.ms", "retention.bytes", "min.insync.replicas"];

export function DraftFields({ draft, onChange, defaults, errors }: DraftFieldsProps): ReactNode {
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const configs = defaults?.configs ?? [];
  const touch = (field: string): void => setTouched(new Set([...touched, field]));
  const errorOf = (field: string): string | undefined =>
    touched.has(field) ? errors.get(field) : undefined;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Topic">
        <div className="grid gap-x-4 gap-y-2 sm:grid-cols-[minmax(0,1fr)_9rem_9rem]">
          <Field
            label="Name"
            hint="Letters, digits, dot, dash and underscore"
            error={errorOf("name")}
          >
            {({ id, describedBy }) => (
              <Input
                id={id}
                // The one thing that must be said
                autoFocus
                aria-describedby={describedBy}
                aria-invalid={errorOf("name") !== undefined}
                value={draft.name}
                placeholder="orders"
                maxLength={249}
                onBlur={() => touch("name")}
                onChange={(event) => onChange({ ...draft, name: event.target.value })}
              />
            )}
          </Field>
          <CountField
            label="Partitions"
            field="partitionCount"
            fallback={defaults?.partitionCount}
            {...{ draft, onChange, touch, errorOf }}
          />
          <CountField
            label="Replicas"
            field="replicationFactor"
            fallback={defaults?.replicationFactor}
            {...{ draft, onChange, touch, errorOf }}
          />
        </div>
      </Panel>
      <Presets draft={draft} onChange={onChange} configs={configs} />
      <Panel title="Retention">
        <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
          {configs
            .filter(({ name }) => FIRST.includes(name))
            .map((config) => (
              <ConfigField key={config.name} config={config} {...{ draft, onChange, errors }} />
            ))}
        </div>
      </Panel>
      <Advanced
        configs={configs.filter(({ name, isReadOnly }) => !FIRST.includes(name) && !isReadOnly)}
        {...{ draft, onChange, errors }}
      />
    </div>
  );
}

interface CountFieldProps {
  readonly label: string;
  readonly field: "partitionCount" | "replicationFactor";
  readonly fallback: number | undefined;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly touch: (field: string) => void;
  readonly errorOf: (field: string) => string | undefined;
}

function CountField({
  label,
  field,
  fallback,
  draft,
  onChange,
  touch,
  errorOf,
}: CountFieldProps): ReactNode {
  return (
    <Field label={label} hint={`Default: ${fallback ?? "…"}`} error={errorOf(field)}>
      {({ id, describedBy }) => (
        <Input
          id={id}
          inputMode="numeric"
          aria-describedby={describedBy}
          aria-invalid={errorOf(field) !== undefined}
          value={draft[field]}
          placeholder={String(fallback ?? "")}
          onBlur={() => touch(field)}
          onChange={(event) => onChange({ ...draft, [field]: event.target.value.trim() })}
          className="mono text-xs"
        />
      )}
    </Field>
  );
}

function Presets({
  draft,
  onChange,
  configs,
}: {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly configs: readonly Config[];
}): ReactNode {
  const current = presetOf(draft);
  const choose = (preset: Preset): void => onChange(withPreset(draft, preset));
  return (
    <Panel title="What is it for?">
      <div className="grid gap-2 sm:grid-cols-2 xl:grid-cols-4">
        {PRESETS.map((preset) => {
          const refusal = presetRefusal(preset, configs);
          const isCurrent = current?.id === preset.id;
          return (
            <button
              key={preset.id}
              type="button"
              aria-pressed={isCurrent}
              disabled={refusal !== null}
              title={refusal ?? undefined}
              onClick={() => choose(preset)}
              className={cn(
                "rounded-md border p-2.5 text-left disabled:opacity-60",
                isCurrent ? "border-accent bg-accent-soft" : "border-line-strong hover:bg-raised",
              )}
            >
              <span className="block text-sm font-medium">{preset.title}</span>
              <span className="block text-xs text-muted">
                {refusal === null ? preset.text : "Not served by this broker yet"}
              </span>
            </button>
          );
        })}
      </div>
    </Panel>
  );
}

interface ConfigFieldProps {
  readonly config: Config;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly errors: ReadonlyMap<string, string>;
}

function ConfigField({ config, draft, onChange, errors }: ConfigFieldProps): ReactNode {
  const error = errors.get(`configs.${config.name}`);
  return (
    <Field label={config.name} hint={<DocText text={config.doc} />} error={error}>
      {({ id }) => (
        <ConfigInput
          id={id}
          config={config}
          isInvalid={error !== undefined}
          value={draft.configs[config.name] ?? ""}
          onChange={(value) => onChange(withConfig(draft, config.name, value))}
        />
      )}
    </Field>
  );
}

function Advanced({
  configs,
  draft,
  onChange,
  errors,
}: Omit<ConfigFieldProps, "config"> & { readonly configs: readonly Config[] }): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const [filter, setFilter] = useState("");
  const changed = configs.filter(({ name }) => Object.hasOwn(draft.configs, name)).length;
  const words = filter.toLowerCase();
  const shown = configs.filter(
    ({ name, doc }) => name.includes(words) || doc.toLowerCase().includes(words),
  );
  return (
    <section className="rounded-lg border border-line bg-surface">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
        className="flex h-9 w-full items-center gap-2 px-3 text-sm font-semibold"
      >
        <ChevronRight
          className={cn("size-4 text-faint transition-transform", isOpen && "rotate-90")}
        />
        All other settings
        <span className="font-normal text-faint">{configs.length}</span>
        {changed > 0 && <Badge tone="accent">{changed} changed</Badge>}
      </button>
      {isOpen && (
        <div className="border-t border-line p-3">
          <Input
            aria-label="Filter settings"
            placeholder="Filter by name or description"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
            className="mb-3 max-w-xs"
          />
          <div className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
            {shown.map((config) => (
              <ConfigField key={config.name} config={config} {...{ draft, onChange, errors }} />
            ))}
          </div>
          {shown.length === 0 && <p className="text-muted">No setting is called that.</p>}
        </div>
      )}
    </section>
  );
}
