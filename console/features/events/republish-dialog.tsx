/** Produces events once more, to the same topic or another, after the broker has had a look. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { topicSearchQuery } from "../../lib/data/topics.ts";
import { formatCount } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, Field, Input } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { ProblemPanel } from "../../ui/states.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";
import { inOrder, type Outcome, RepublishError } from "./republish.ts";
import { countOfEvents, type RepublishControl, useRepublish } from "./use-republish.ts";

interface RepublishDialogProps {
  readonly topic: string;
  readonly records: readonly DecodedRecord[];
  readonly onClose: () => void;
}

const TOPICS_SHOWN = 20;

export function RepublishDialog({
  topic,
  records: chosen,
  onClose,
}: RepublishDialogProps): ReactNode {
  const [records] = useState(() => inOrder(chosen));
  const [target, setTarget] = useState(topic);
  const [hasHeaders, setHasHeaders] = useState(true);
  const [keepsTime, setKeepsTime] = useState(false);
  /** What was refused when somebody said to go on without it. */
  const [without, setWithout] = useState<readonly Outcome[] | null>(null);
  const options = { hasHeaders, keepsTime };
  const again = useRepublish({ topic, records, target, options, onDone: onClose });
  const { leftCount, outcomes, refusedCount, error, isPending, produce } = again;
  const isWithout = without !== null && without === outcomes;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Produce ${formatCount(leftCount)} ${leftCount === 1 ? "event" : "events"} again`}
      description="Their keys and values go byte for byte; the partition follows from the key."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={produce === null || (refusedCount > 0 && !isWithout)}
            onClick={() => produce?.()}
          >
            {isPending ? "Producing …" : `Produce to ${target}`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <Target
          target={target}
          onChange={(next) => {
            setTarget(next);
            again.reset();
          }}
        />
        <div className="flex gap-4">
          <Checkbox
            label="With their headers"
            checked={hasHeaders}
            onChange={(event) => {
              setHasHeaders(event.target.checked);
              again.reset();
            }}
          />
          <Checkbox
            label="With their timestamps"
            checked={keepsTime}
            onChange={(event) => {
              setKeepsTime(event.target.checked);
              again.reset();
            }}
          />
        </div>
        {again.lastAttempt !== null && <LastAttempt {...again.lastAttempt} />}
        {again.attemptError !== null && <ProblemPanel error={again.attemptError} isInline />}
        {error instanceof RepublishError ? (
          <p role="alert" className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
            {error.message}.
          </p>
        ) : (
          error !== null && <ProblemPanel error={error} isInline />
        )}
        {error === null && target !== "" && <Outcomes outcomes={outcomes} />}
        {error === null && outcomes !== undefined && refusedCount > 0 && (
          <Checkbox
            label={`Go on without ${formatCount(refusedCount)} that the broker refuses`}
            checked={isWithout}
            onChange={(event) => setWithout(event.target.checked ? outcomes : null)}
          />
        )}
      </div>
    </Dialog>
  );
}

function Target({
  target,
  onChange,
}: {
  readonly target: string;
  readonly onChange: (target: string) => void;
}): ReactNode {
  const list = useId();
  const topics = useQuery(topicSearchQuery(target, TOPICS_SHOWN));
  return (
    <Field label="To the topic">
      {({ id }) => (
        <>
          <Input
            id={id}
            list={list}
            value={target}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={list}>
            {topics.data?.items.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

/** Of some that were written and some that were not: these are still here. */
function LastAttempt({
  writtenCount,
  failed,
}: NonNullable<RepublishControl["lastAttempt"]>): ReactNode {
  return (
    <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2">
      <p className="font-semibold">
        {countOfEvents(writtenCount)} produced, {formatCount(failed.length)}{" "}
        {failed.length === 1 ? "is" : "are"} not
      </p>
      <ul className="mt-1 max-h-32 overflow-y-auto text-muted">
        {failed.map(({ place, error }) => (
          <li key={place}>
            <span className="mono text-xs">{place}</span> {error}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Outcomes({ outcomes }: Pick<RepublishControl, "outcomes">): ReactNode {
  if (outcomes === undefined) return <Skeleton className="h-16" />;
  return (
    <Table
      label="What would be produced"
      className="max-h-64 overflow-y-auto rounded-md border border-line"
      head={
        <>
          <Th>Event</Th>
          <Th isRight>To partition</Th>
          <Th>The broker says</Th>
        </>
      }
    >
      {outcomes.map(({ place, partition, error }) => (
        <Tr key={place}>
          <Td isMono>{place}</Td>
          <Td isRight>{partition ?? "–"}</Td>
          <Td className={error === null ? "text-ok" : "text-bad"}>{error ?? "it would take it"}</Td>
        </Tr>
      ))}
    </Table>
  );
}
