"use client";
import { type ReactNode, useState } from "react";
import { Segmented } from "./field.tsx";
import { Panel } from "./panel.tsx";

interface EchoProps {
  /** By what they are called; the first one shows at first. */
  readonly forms: readonly (readonly [name: string, content: ReactNode])[];
}

/** What a form is about to do, as somebody would do it without this page. */
export function Echo({ forms }: EchoProps): ReactNode {
  const [chosen, setChosen] = useState(forms[0]?.[0] ?? "");
  return (
    <Panel
      title="The same elsewhere"
      actions={
        <Segmented
          label="Form"
          value={chosen}
          onChange={setChosen}
          options={forms.map(([name]) => [name, name])}
        />
      }
    >
      {forms.find(([name]) => name === chosen)?.[1]}
    </Panel>
  );
}
