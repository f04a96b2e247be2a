"use client";
import { Eye, SkipForward } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { Button } from "../../ui/button.tsx";
import { toastFailed, toastNote } from "../../ui/toast.tsx";
import { findNextEvent } from "./next-event.ts";

interface NextEventButtonsProps {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly committedOffset: number;
}

/** The ways to the event that the group reads next, and past it. */
export function NextEventButtons({
  group,
  topic,
  partition,
  committedOffset,
}: NextEventButtonsProps): ReactNode {
  const href = useHref();
  const router = useRouter();
  const [isLooking, setIsLooking] = useState(false);
  const looking = useRef<AbortController | null>(null);
  // Who has left the page goes nowhere any more.
  useEffect(() => () => looking.current?.abort(), []);
  const place = `${topic} ${partition}`;
  const goFrom = async (addressOf: (offset: number) => string): Promise<void> => {
    const control = new AbortController();
    looking.current = control;
    const { signal } = control;
    setIsLooking(true);
    try {
      const offset = await findNextEvent({ topic, partition, offset: committedOffset }, signal);
      if (offset !== null) router.push(addressOf(offset));
      else toastNote(`There is no event to read in ${place}`, "Only offsets without one are left.");
    } catch (error) {
      if (signal.aborted) return;
      toastFailed(`The next event of ${place} was not found`, error);
    } finally {
      setIsLooking(false);
    }
  };
  const eventHref = (offset: number): string =>
    `${href("topics", topic, "events")}?r=${partition}@${offset}`;
  const skipHref = (offset: number): string =>
    `${href("groups", group, "reset")}?kind=offset&offset=${offset + 1}&topic=${encodeURIComponent(topic)}&partitions=${partition}`;
  return (
    <span className="inline-flex">
      <Button
        look="ghost"
        isIcon
        className="h-6"
        disabled={isLooking}
        aria-label={`Look at the next unread event of ${place}`}
        title="Look at the next unread event"
        onClick={() => void goFrom(eventHref)}
      >
        <Eye />
      </Button>
      <Button
        look="ghost"
        isIcon
        className="h-6"
        disabled={isLooking}
        aria-label={`Skip the next event of ${place}`}
        title="Skip the next event"
        onClick={() => void goFrom(skipHref)}
      >
        <SkipForward />
      </Button>
    </span>
  );
}
