/** Two events held against each other: value, key, headers and all that is known of them besides. */
"use client";
import type { DecodedPayload, DecodedRecord } from "@runnel/contracts/decoded.ts";
import { payloadOf } from "@runnel/contracts/payload.ts";
import { type ReactNode, useMemo, useState } from "react";
import { DIFFERENCES_MAX } from "../../lib/json-diff.ts";
import { createStored, isRecord } from "../../lib/stored.ts";
import { DiffTable } from "../../ui/diff-table.tsx";
import { Field, Input } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { printRecord } from "./events-state.ts";
import { parseIgnored } from "./ignored-paths.ts";
import { headersOf, metadataOf, type Shown } from "./record-facts-diff.ts";
import { useDiff } from "./use-diff.ts";

const IGNORED_CHARS_MAX = 2_000;

const stored = createStored("runnel.compare", (json) => {
  const ignored = isRecord(json) ? json["ignored"] : undefined;
  return { ignored: typeof ignored === "string" ? ignored.slice(0, IGNORED_CHARS_MAX) : "" };
});

/** Places that comparisons leave out; this browser remembers them. */
export function IgnoredField(): ReactNode {
  const { ignored } = stored.use();
  const [text, setText] = useState(ignored);
  const { wrong } = parseIgnored(text);
  return (
    <Field
      label="Leave out"
      hint="Fields with commas between: updatedAt, items[*].etag. This browser remembers them."
      error={wrong === null ? undefined : `${wrong} is no field: write items[0].id, items[*].etag`}
    >
      {({ id, describedBy }) => (
        <Input
          id={id}
          aria-describedby={describedBy}
          aria-invalid={wrong !== null}
          maxLength={IGNORED_CHARS_MAX}
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            stored.write({ ignored: target.value });
          }}
          className="mono text-xs"
        />
      )}
    </Field>
  );
}

interface PairProps {
  readonly before: DecodedRecord;
  readonly after: DecodedRecord;
}

/** What is different between the values. */
export function ValueDiff({ before, after }: PairProps): ReactNode {
  return <PayloadDiff before={before.value} after={after.value} />;
}

interface PayloadsProps {
  readonly before: DecodedPayload;
  readonly after: DecodedPayload;
}

function PayloadDiff({ before, after }: PayloadsProps): ReactNode {
  if (before.sizeBytes === null || after.sizeBytes === null) {
    return before.sizeBytes === after.sizeBytes ? (
      <p className="text-muted">There is none in either of them.</p>
    ) : (
      <OneSided before={before} after={after} />
    );
  }
  return <TextDiff before={before} after={after} />;
}

/** One of them is null, which is not a text to compare with. */
function OneSided({ before, after }: PayloadsProps): ReactNode {
  const isGone = after.sizeBytes === null;
  const there = isGone ? before : after;
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-muted">
        {isGone
          ? "It was deleted: the later one is a tombstone."
          : "The earlier one is a tombstone."}{" "}
        The other one has
      </p>
      <pre className="mono max-h-60 overflow-auto rounded bg-raised p-2 text-xs whitespace-pre-wrap">
        {there.text === "" ? "an empty value" : there.text.slice(0, TEXT_CHARS_MAX)}
      </pre>
    </div>
  );
}

const TEXT_CHARS_MAX = 20_000;

function TextDiff({ before, after }: PayloadsProps): ReactNode {
  const { ignored } = stored.use();
  const { paths } = useMemo(() => parseIgnored(ignored), [ignored]);
  const diff = useDiff(before.text, after.text, paths);
  if (diff.kind === "running") return <Skeleton className="h-16" />;
  if (diff.kind === "failed") return <ProblemPanel error={diff.error} isInline />;
  const { differences } = diff;
  const isCut = before.isTruncated || after.isTruncated;
  const isSame = differences === null ? before.text === after.text : differences.length === 0;
  return (
    <div className="flex flex-col gap-1.5">
      {isCut && (
        <p className="text-warn">
          Only the begin of them is compared: they are too large for more.
        </p>
      )}
      <DiffTable before={before.text} after={after.text} differences={differences} />
      {isSame && !isCut && !haveSameBytes(before, after) && (
        <p className="text-muted">Their bytes differ all the same.</p>
      )}
      {(differences?.length ?? 0) >= DIFFERENCES_MAX && (
        <p className="text-warn">There are more: these are the first {DIFFERENCES_MAX}.</p>
      )}
    </div>
  );
}

/** True also where that is not known, because not all of them was sent. */
function haveSameBytes(before: DecodedPayload, after: DecodedPayload): boolean {
  const [one, other] = [payloadOf(before), payloadOf(after)];
  if (one === undefined || other === undefined) return true;
  return one?.encoding === other?.encoding && one?.data === other?.data;
}

/** Key, headers and metadata of both; what differs stands out. */
export function FactsDiff({ before, after }: PairProps): ReactNode {
  const facts = [...metadataOf(before, after), ...headersOf(before, after)];
  return (
    <Table
      label="Both events"
      head={
        <>
          <Th>Of the event</Th>
          <Th>{printRecord(before)}</Th>
          <Th>{printRecord(after)}</Th>
        </>
      }
    >
      {facts.map(({ name, before: from, after: to, isSame }) => (
        <Tr key={name}>
          <Td className="text-muted">{name}</Td>
          <Td isMono className={isSame ? "max-w-80 truncate" : "max-w-80 truncate text-bad"}>
            <Cell shown={from} />
          </Td>
          <Td isMono className={isSame ? "max-w-80 truncate" : "max-w-80 truncate text-ok"}>
            <Cell shown={to} />
          </Td>
        </Tr>
      ))}
    </Table>
  );
}

function Cell({ shown }: { readonly shown: Shown }): ReactNode {
  switch (shown.kind) {
    case "time":
      return <Time at={shown.at} />;
    case "word":
      return <i className="font-sans opacity-80">{shown.text}</i>;
    case "text":
      return <bdi>{shown.text}</bdi>;
  }
}
