/** How the console looks and tells the time, in this browser. */
"use client";
import { useTheme } from "next-themes";
import { type ReactNode, useEffect, useState } from "react";
import { formatTime } from "../../lib/format.ts";
import { REFRESH_CHOICES_MS, setPreferences, usePreferences } from "../../lib/preferences.ts";
import { Field, Segmented, Select } from "../../ui/field.tsx";
import { PageHeader } from "../../ui/page.tsx";
import { Panel } from "../../ui/panel.tsx";
import { useNow } from "../../ui/time.tsx";

export function SettingsPage(): ReactNode {
  return (
    <>
      <PageHeader crumbs={[{ text: "Settings" }]} />
      <div className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 pt-1 pb-8">
        <p className="text-muted">
          They are kept in this browser and change nothing for anybody else.
        </p>
        <div className="grid max-w-4xl gap-4 md:grid-cols-2">
          <Look />
          <Times />
          <Refresh />
        </div>
      </div>
    </>
  );
}

function Look(): ReactNode {
  const { theme, setTheme } = useTheme();
  const { density } = usePreferences();
  const [isAlive, setIsAlive] = useState(false);
  useEffect(() => setIsAlive(true), []);
  return (
    <Panel title="Look">
      <div className="flex flex-col gap-4">
        <Row label="Theme">
          <Segmented
            label="Theme"
            value={isAlive ? (theme ?? "system") : "system"}
            onChange={setTheme}
            options={[
              ["system", "As the system"],
              ["light", "Light"],
              ["dark", "Dark"],
            ]}
          />
        </Row>
        <Row label="Rows of tables">
          <Segmented
            label="Rows of tables"
            value={density}
            onChange={(next) => setPreferences({ density: next })}
            options={[
              ["compact", "Compact"],
              ["comfortable", "Comfortable"],
            ]}
          />
        </Row>
      </div>
    </Panel>
  );
}

function Row({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <div className="flex items-center justify-between gap-4">
      <span className="text-sm font-medium">{label}</span>
      {children}
    </div>
  );
}

function Times(): ReactNode {
  const { zone } = usePreferences();
  const now = useNow();
  const zones = Intl.supportedValuesOf("timeZone").filter((name) => name !== "UTC");
  return (
    <Panel title="Times">
      <Field
        label="Time zone"
        hint={now === 0 ? "" : `It is ${formatTime(now, zone).slice(0, 19)} there`}
      >
        {({ id, describedBy }) => (
          <Select
            id={id}
            aria-describedby={describedBy}
            value={zone}
            onChange={({ target }) => setPreferences({ zone: target.value })}
          >
            <option value="local">That of this browser</option>
            <option value="UTC">UTC</option>
            {zones.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
    </Panel>
  );
}

function Refresh(): ReactNode {
  const { refreshMs } = usePreferences();
  return (
    <Panel title="Refresh">
      <Segmented
        label="How often data is refreshed"
        value={String(refreshMs)}
        onChange={(next) => setPreferences({ refreshMs: Number(next) })}
        options={REFRESH_CHOICES_MS.map((ms) => [
          String(ms),
          ms === 0 ? "Only by hand" : `Every ${ms / 1_000} s`,
        ])}
      />
      <p className="mt-2 text-xs text-faint">Nothing is asked for while the page is hidden.</p>
    </Panel>
  );
}
