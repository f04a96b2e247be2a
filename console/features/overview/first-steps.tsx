"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { useHref } from "../../lib/cluster.tsx";
import {
  bootstrapFlag,
  consumeCommand,
  kcatConsume,
  kcatProduce,
  produceCommand,
} from "../../lib/snippets.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Panel } from "../../ui/panel.tsx";

const TOPIC = "orders";

/** A fresh cluster: three steps, each here or with a client that somebody has. */
export function FirstSteps({ bootstrap }: { readonly bootstrap: string }): ReactNode {
  const href = useHref();
  return (
    <Panel title="Three steps to the first event">
      <ol className="grid gap-4 lg:grid-cols-3">
        <Step number={1} title="Create a topic" text="A log that events are appended to.">
          <Link href={href("topics", "new")} className={buttonClass("primary")}>
            Create a topic
          </Link>
          <CodeBlock
            code={`npx runnel topic create ${TOPIC} --partitions 3${bootstrapFlag(bootstrap)}`}
          />
        </Step>
        <Step number={2} title="Produce an event" text="By hand here, or with any Kafka client.">
          <Link href={`${href("produce")}?topic=${TOPIC}`} className={buttonClass("plain")}>
            Produce
          </Link>
          <CodeBlock code={produceCommand(TOPIC, bootstrap)} />
          <CodeBlock code={kcatProduce(TOPIC, bootstrap)} />
        </Step>
        <Step
          number={3}
          title="Consume it"
          text="Groups of consumers share the work and show here with their lag."
        >
          <CodeBlock code={`${consumeCommand(TOPIC, bootstrap)} --group first`} />
          <CodeBlock code={kcatConsume(TOPIC, bootstrap)} />
        </Step>
      </ol>
    </Panel>
  );
}

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Step({ number, title, text, children }: StepProps): ReactNode {
  return (
    <li className="flex min-w-0 flex-col items-start gap-2 [&>div]:w-full">
      <h3 className="flex items-center gap-2 font-semibold">
        <span className="mono grid size-5 place-items-center rounded-full bg-accent-soft text-xs text-accent">
          {number}
        </span>
        {title}
      </h3>
      <p className="text-muted">{text}</p>
      {children}
    </li>
  );
}
