"use client";
import type { Health } from "@runnel/contracts/cluster.ts";
import { CircleCheck, OctagonAlert, TriangleAlert } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { type Href, useHref } from "../../lib/cluster.tsx";
import { cn } from "../../lib/cn.ts";

const LOOKS = {
  ok: { icon: CircleCheck, class: "border-ok/40 bg-ok-soft", tint: "text-ok", text: "All is well" },
  warning: {
    icon: TriangleAlert,
    class: "border-warn/40 bg-warn-soft",
    tint: "text-warn",
    text: "Something wants attention",
  },
  critical: {
    icon: OctagonAlert,
    class: "border-bad/40 bg-bad-soft",
    tint: "text-bad",
    text: "Something is wrong",
  },
} as const;

/** The state of the cluster in a word, with every reason and its remedy. */
export function HealthStrip({ health }: { readonly health: Health }): ReactNode {
  const look = LOOKS[health.status];
  const href = useHref();
  const Icon = look.icon;
  return (
    <section aria-label="Health" className={cn("rounded-lg border px-3 py-2", look.class)}>
      <p className="flex items-center gap-2 font-semibold">
        <Icon className={cn("size-4 shrink-0", look.tint)} />
        {look.text}
      </p>
      {health.reasons.length > 0 && (
        <ul className="mt-1.5 flex flex-col gap-1 pl-6">
          {health.reasons.map(({ subject, message, remedy, severity }) => (
            <li key={`${subject} ${message}`}>
              <Subject subject={subject} href={href} />
              <span className={severity === "critical" ? "text-bad" : ""}>: {message}.</span>{" "}
              <span className="text-muted">{remedy}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** `topic orders` and `broker 1` lead where they name. */
function Subject({ subject, href }: { readonly subject: string; readonly href: Href }): ReactNode {
  const [, kind, name] = /^(topic|broker|group) (.+)$/.exec(subject) ?? [];
  if (kind === undefined || name === undefined) return <strong>{subject}</strong>;
  return (
    <Link href={href(`${kind}s`, name)} className="font-medium underline-offset-2 hover:underline">
      {subject}
    </Link>
  );
}
