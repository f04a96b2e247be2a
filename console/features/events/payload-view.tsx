/** A key, value or header in full: as a tree, as text, as bytes, with how it was read and why. */
"use client";
import type { DecodedPayload, DecoderChoice } from "@runnel/contracts/decoded.ts";
import { DECODER_CHOICES } from "@runnel/contracts/decoder-choices.ts";
import dynamic from "next/dynamic";
import { type ReactNode, useMemo, useState } from "react";
import { formatBytes } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Segmented, Select } from "../../ui/field.tsx";
import type { FieldAction } from "../../ui/json-view.tsx";
import { HexView, TextView } from "../../ui/raw-view.tsx";
import { payloadBytes } from "./payload.ts";

const JsonView = dynamic(() => import("../../ui/json-view.tsx").then((module) => module.JsonView), {
  ssr: false,
});

type Form = "tree" | "text" | "hex";

/** Decoders whose text is JSON. */
const TREES = new Set(["json", "messagepack", "schema", "internal", "marker"]);

interface PayloadViewProps {
  readonly payload: DecodedPayload;
  readonly decoder?: DecoderChoice;
  readonly onDecoder?: (decoder: DecoderChoice) => void;
  readonly actions?: readonly FieldAction[];
  /** Asks for all of a field of which only the begin is there. */
  readonly onWhole?: () => void;
  readonly onDownload?: () => void;
}

export function PayloadView(props: PayloadViewProps): ReactNode {
  const { payload, decoder, onDecoder, actions, onWhole, onDownload } = props;
  const isTree = TREES.has(payload.decoder) && !payload.isTruncated;
  const [chosen, setChosen] = useState<Form | null>(null);
  const form = chosen === "tree" && !isTree ? "text" : (chosen ?? (isTree ? "tree" : "text"));
  if (payload.sizeBytes === null) {
    return (
      <p className="p-3 text-muted">
        {payload.decoder === "tombstone"
          ? "A tombstone: this event has no value. On a compacted topic it removes its key."
          : "There is none, which is not the same as an empty one."}
      </p>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <Badge tone={payload.decoder === "hex" ? "violet" : "accent"} title={payload.reason}>
          {payload.decoder}
        </Badge>
        <span className="text-xs text-muted">{formatBytes(payload.sizeBytes)}</span>
        {payload.schemaId !== null && <Badge>schema {payload.schemaId}</Badge>}
        <span className="ml-auto flex items-center gap-1.5">
          {onDecoder !== undefined && (
            <Select
              aria-label="Read it as"
              value={decoder}
              onChange={({ target }) =>
                onDecoder(DECODER_CHOICES.find((one) => one === target.value) ?? "auto")
              }
              className="h-6 text-xs"
            >
              {DECODER_CHOICES.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
          <Segmented<Form>
            label="Form"
            value={form}
            onChange={setChosen}
            options={[
              ...(isTree ? [["tree", "Tree"] as const] : []),
              ["text", "Raw"],
              ["hex", "Hex"],
            ]}
          />
        </span>
      </div>
      <p className="px-3 py-1 text-xs text-faint">
        {payload.reason}
        {payload.notes.map((note) => (
          <span key={note} className="ml-2 text-warn">
            {note}
          </span>
        ))}
      </p>
      {payload.isTruncated && (
        <p className="flex items-center gap-2 border-y border-line bg-warn-soft px-3 py-1.5 text-sm">
          Only the begin of {formatBytes(payload.sizeBytes)} is shown.
          {onWhole !== undefined && <Button onClick={onWhole}>Load all</Button>}
          {onDownload !== undefined && <Button onClick={onDownload}>Download</Button>}
        </p>
      )}
      {form === "tree" ? (
        <JsonView text={payload.text} {...(actions === undefined ? {} : { actions })} />
      ) : form === "text" ? (
        <TextView text={payload.text} />
      ) : (
        <Bytes payload={payload} />
      )}
    </div>
  );
}

function Bytes({ payload }: { readonly payload: DecodedPayload }): ReactNode {
  const bytes = useMemo(() => payloadBytes(payload), [payload]);
  return bytes === null ? (
    <p className="p-3 text-muted">The bytes are there once all of it is loaded.</p>
  ) : (
    <HexView bytes={bytes} />
  );
}
