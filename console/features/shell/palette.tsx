/** ⌘K: pages, topics, groups, transactions, what can be done here, and addresses of events. */
"use client";
import { Dialog as Base } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { ArrowLeftRight, CornerDownLeft, Layers, Link2, Rows3, Zap } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useDeferredValue, useEffect, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { type Command as Action, useCommandList } from "../../lib/commands.ts";
import { groupSearchQuery } from "../../lib/data/groups.ts";
import { topicSearchQuery } from "../../lib/data/topics.ts";
import { transactionSearchQuery } from "../../lib/data/transactions.ts";
import { Keys } from "../../ui/kbd.tsx";
import { parseOwnUrl, parseRecordAddress } from "./record-address.ts";

const HITS_MAX = 8;
const DEBOUNCE_MS = 150;

interface PaletteProps {
  readonly onClose: () => void;
}

export function Palette({ onClose }: PaletteProps): ReactNode {
  const [text, setText] = useState("");
  const router = useRouter();
  const go = (path: string): void => {
    onClose();
    router.push(path);
  };
  return (
    <Base.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[oklch(0.15_0.02_250/0.45)]" />
        <Base.Popup
          data-overlay=""
          aria-label="Search or jump to"
          className="fixed top-[12vh] left-1/2 z-50 w-[min(40rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-surface shadow-pop"
        >
          <Command loop label="Search or jump to" filter={matchWords}>
            <Command.Input
              autoFocus
              value={text}
              onValueChange={setText}
              placeholder="A page, topic, group, action, or topic/partition@offset"
              className="h-11 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-faint"
            />
            <Command.List className="max-h-[50vh] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-8 text-center text-muted">
                Nothing is called that.
              </Command.Empty>
              <Addresses text={text} go={go} />
              {text !== "" && <Resources text={text} go={go} />}
              <Actions onClose={onClose} />
              {text === "" && <Resources text={text} go={go} />}
            </Command.List>
            <footer className="flex items-center gap-3 border-t border-line px-3 py-1.5 text-xs text-faint">
              <span className="flex items-center gap-1">
                <CornerDownLeft className="size-3" /> opens
              </span>
              <span>↑ ↓ move</span>
              <span>Esc closes</span>
            </footer>
          </Command>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

const ITEM =
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-accent-soft [&_svg]:size-4 [&_svg]:text-faint";
const GROUP =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-faint";

/** Every word must be in it; what begins with the text comes first. */
function matchWords(value: string, search: string): number {
  const text = value.toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.includes(word))) return 0;
  return text.replace(/^\S+ /, "").startsWith(words[0] ?? "") ? 1 : 0.5;
}

type Go = (path: string) => void;

function Addresses({ text, go }: { readonly text: string; readonly go: Go }): ReactNode {
  const href = useHref();
  const address = parseRecordAddress(text);
  const path = parseOwnUrl(text);
  if (path !== null) {
    return (
      <Command.Item forceMount value={`open ${text}`} onSelect={() => go(path)} className={ITEM}>
        <Link2 /> Open this address
      </Command.Item>
    );
  }
  if (address === null) return null;
  const { topic, partition, offset } = address;
  const target = `${href("topics", topic, "events")}?r=${partition}@${offset}`;
  return (
    <Command.Item forceMount value={`event ${text}`} onSelect={() => go(target)} className={ITEM}>
      <Link2 /> Open the event at <span className="mono text-xs">{text.trim()}</span>
    </Command.Item>
  );
}

function Actions({ onClose }: { readonly onClose: () => void }): ReactNode {
  const commands = useCommandList().filter(({ isLocal }) => isLocal !== true);
  const groups: readonly Action["group"][] = ["This page", "Go to", "View"];
  return groups.map((group) => {
    const list = commands.filter((command) => command.group === group);
    if (list.length === 0) return null;
    return (
      <Command.Group key={group} heading={group} className={GROUP}>
        {list.map(({ id, title, keys, run }) => (
          <Command.Item
            key={id}
            value={`${title} ${id}`}
            className={ITEM}
            onSelect={() => {
              onClose();
              run();
            }}
          >
            <Zap /> {title}
            {keys !== undefined && (
              <span className="ml-auto">
                <Keys keys={keys} />
              </span>
            )}
          </Command.Item>
        ))}
      </Command.Group>
    );
  });
}

function Resources({ text, go }: { readonly text: string; readonly go: Go }): ReactNode {
  const href = useHref();
  const filter = useDebounced(useDeferredValue(text.trim()));
  const topics = useQuery(topicSearchQuery(filter, HITS_MAX));
  const groups = useQuery(groupSearchQuery(filter, HITS_MAX));
  const transactions = useQuery(transactionSearchQuery(filter, HITS_MAX));
  return (
    <>
      <Command.Group heading="Topics" className={GROUP}>
        {topics.data?.items.map(({ name }) => (
          <Command.Item
            key={name}
            value={`topic ${name}`}
            onSelect={() => go(href("topics", name))}
            className={ITEM}
          >
            <Rows3 /> <span className="mono truncate text-xs">{name}</span>
          </Command.Item>
        ))}
      </Command.Group>
      <Command.Group heading="Groups" className={GROUP}>
        {groups.data?.items.map(({ groupId }) => (
          <Command.Item
            key={groupId}
            value={`group ${groupId}`}
            onSelect={() => go(href("groups", groupId))}
            className={ITEM}
          >
            <Layers /> <span className="mono truncate text-xs">{groupId}</span>
          </Command.Item>
        ))}
      </Command.Group>
      <Command.Group heading="Transactions" className={GROUP}>
        {transactions.data?.items.map(({ transactionalId }) => (
          <Command.Item
            key={transactionalId}
            value={`transaction ${transactionalId}`}
            onSelect={() => go(href("transactions", transactionalId))}
            className={ITEM}
          >
            <ArrowLeftRight /> <span className="mono truncate text-xs">{transactionalId}</span>
          </Command.Item>
        ))}
      </Command.Group>
    </>
  );
}

function useDebounced(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
