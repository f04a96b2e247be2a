/** What all pages of one topic have: its name, its state, its tabs, what can be done with it. */
"use client";
import type { Topic } from "@runnel/contracts/topics.ts";
import { useQuery } from "@tanstack/react-query";
import { MoreHorizontal, SendHorizontal, Star } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { isNotFound } from "../../lib/api.ts";
import { useHref } from "../../lib/cluster.tsx";
import { type Command, useCommands } from "../../lib/commands.ts";
import { topicQuery } from "../../lib/data/topics.ts";
import { toggleStar, usePreferences, useRefreshMs } from "../../lib/preferences.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { PageHeader, TabLinks } from "../../ui/page.tsx";
import { Empty, ProblemPanel } from "../../ui/states.tsx";
import { TOPIC_TABS } from "./tabs.ts";

const DeleteDialog = dynamic(
  () => import("./delete-dialog.tsx").then((module) => module.DeleteDialog),
  { ssr: false },
);

const DeleteRecordsDialog = dynamic(
  () => import("./delete-records-dialog.tsx").then((module) => module.DeleteRecordsDialog),
  { ssr: false },
);

const GrowDialog = dynamic(() => import("./grow-dialog.tsx").then((module) => module.GrowDialog), {
  ssr: false,
});

type OpenDialog = "grow" | "records" | "delete" | null;

export function TopicFrame({
  topic,
  children,
}: {
  readonly topic: string;
  readonly children: ReactNode;
}): ReactNode {
  const href = useHref();
  const router = useRouter();
  const [open, setOpen] = useState<OpenDialog>(null);
  const refetchInterval = useRefreshMs();
  const { data, error } = useQuery({ ...topicQuery(topic), refetchInterval });
  // Of an internal topic the broker would refuse them; nor does anybody know before it is there.
  const isOwn = data?.isInternal === false;
  useCommands([
    ...TOPIC_TABS.map(({ text, path }) => ({
      id: `topic-tab-${text}`,
      title: `${text} of ${topic}`,
      group: "This page" as const,
      ...(text === "Events" ? { keys: "e" } : {}),
      run: () => router.push(href("topics", topic, ...path)),
    })),
    ...(isOwn ? changeCommands(topic, () => router.push(produceHref()), setOpen) : []),
  ]);
  const produceHref = (): string => `${href("produce")}?topic=${encodeURIComponent(topic)}`;
  if (isNotFound(error)) return <NoSuchTopic topic={topic} />;
  return (
    <>
      <PageHeader
        crumbs={[{ text: "Topics", href: href("topics") }, { text: topic }]}
        badges={<Badges topic={topic} data={data} />}
        actions={
          <>
            {data?.isInternal !== true && (
              <Link href={produceHref()} className={buttonClass("plain")}>
                <SendHorizontal /> Produce
              </Link>
            )}
            <Menu
              label="More to do with this topic"
              look="plain"
              isIcon
              trigger={<MoreHorizontal />}
            >
              <MenuItem onSelect={() => setOpen("grow")} isDisabled={!isOwn}>
                Add partitions …
              </MenuItem>
              <MenuSeparator />
              <MenuItem onSelect={() => setOpen("records")} isDanger isDisabled={!isOwn}>
                Delete events …
              </MenuItem>
              <MenuItem onSelect={() => setOpen("delete")} isDanger isDisabled={!isOwn}>
                Delete the topic …
              </MenuItem>
            </Menu>
          </>
        }
      />
      <TabLinks
        label="Pages of this topic"
        tabs={TOPIC_TABS.map(({ text, path }) => ({ text, href: href("topics", topic, ...path) }))}
      />
      {error !== null && data === undefined ? <ProblemPanel error={error} /> : children}
      {open === "grow" && data !== undefined && (
        <GrowDialog topic={data} onClose={() => setOpen(null)} />
      )}
      {open === "records" && <DeleteRecordsDialog topic={topic} onClose={() => setOpen(null)} />}
      {open === "delete" && (
        <DeleteDialog
          topics={[topic]}
          onClose={() => setOpen(null)}
          onGone={() => router.push(href("topics"))}
        />
      )}
    </>
  );
}

function changeCommands(
  topic: string,
  produce: () => void,
  setOpen: (dialog: OpenDialog) => void,
): readonly Command[] {
  const group = "This page";
  return [
    { id: "topic-produce", title: `Produce to ${topic}`, group, keys: "p", run: produce },
    { id: "topic-grow", title: "Add partitions", group, run: () => setOpen("grow") },
    { id: "topic-purge", title: "Delete events", group, run: () => setOpen("records") },
    { id: "topic-delete", title: `Delete ${topic}`, group, run: () => setOpen("delete") },
  ];
}

function Badges({
  topic,
  data,
}: {
  readonly topic: string;
  readonly data: Topic | undefined;
}): ReactNode {
  const { stars } = usePreferences();
  const isStarred = stars.includes(topic);
  return (
    <span className="flex items-center gap-1.5">
      <Button
        look="ghost"
        isIcon
        aria-pressed={isStarred}
        aria-label={isStarred ? "Unmark this topic" : "Mark this topic"}
        onClick={() => toggleStar(topic)}
        className={isStarred ? "text-warn" : ""}
      >
        <Star fill={isStarred ? "currentColor" : "none"} />
      </Button>
      {data?.isInternal === true && <Badge tone="violet">internal</Badge>}
      {data !== undefined && data.offlineCount > 0 && (
        <Badge tone="bad">{data.offlineCount} partitions offline</Badge>
      )}
      {data !== undefined && data.offlineCount === 0 && data.underReplicatedCount > 0 && (
        <Badge tone="warn">{data.underReplicatedCount} partitions behind</Badge>
      )}
    </span>
  );
}

function NoSuchTopic({ topic }: { readonly topic: string }): ReactNode {
  const href = useHref();
  return (
    <Empty
      title={`There is no topic called ${topic}`}
      actions={
        <Link href={href("topics")} className={buttonClass("primary")}>
          To the topics
        </Link>
      }
    >
      <p>It may have been deleted, or the address is not quite right.</p>
    </Empty>
  );
}
