import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import type { EventStreamMessage } from "@runnel/contracts/events.ts";
import { describe, expect, it } from "vitest";
import { LIVE_ROWS_MAX, LiveBuffer } from "./live-buffer.ts";
import { LiveFeed } from "./live-feed.ts";
import { eventMessage, streamMessage } from "./testing-messages.ts";

const following = streamMessage("phase", { phase: "following" });
const progress = (cursor: string | null, dropped = 0): EventStreamMessage =>
  streamMessage("progress", { cursor, dropped });

function take(feed: LiveFeed, ...messages: readonly EventStreamMessage[]): void {
  feed.begin();
  for (const message of messages) feed.take(message);
}

const offsetsOf = (feed: LiveFeed): readonly number[] =>
  feed.drain().records.map(({ offset }) => offset);

describe("LiveFeed", () => {
  it("goes on by cursor, and takes nothing twice that came behind it", () => {
    const feed = new LiveFeed();
    take(feed, following, progress("a"), eventMessage(1), progress("b"), eventMessage(2));
    expect(feed.cursor).toBe("b");
    // Broken off again before it was where it had been.
    take(feed, following, progress("b"));
    take(feed, following, progress("b"), eventMessage(2), eventMessage(3), progress("c"));
    expect(offsetsOf(feed)).toEqual([1, 2, 3]);
    expect([feed.cursor, feed.gapCount]).toEqual(["c", 0]);
  });

  it("goes on behind the limit of an hour", () => {
    const feed = new LiveFeed();
    take(feed, following, streamMessage("done", { reason: "time", cursor: "end", dropped: 0 }));
    expect(feed.cursor).toBe("end");
  });

  it("says where it could not go on", () => {
    const feed = new LiveFeed();
    take(feed, following, progress(null), eventMessage(1));
    expect(feed.gapCount).toBe(0);
    take(feed, following, progress("b"));
    feed.forget();
    take(feed, following);
    expect(feed.gapCount).toBe(2);
  });

  it("begins anew with a topic that was created again", () => {
    const feed = new LiveFeed();
    const deleted = streamMessage("done", { reason: "deleted", cursor: "d", dropped: 0 });
    take(feed, following, progress("a"), eventMessage(9), deleted);
    take(feed, following, eventMessage(0));
    expect(offsetsOf(feed)).toEqual([9, 0]);
  });

  it("sums up what the broker left out, of all streams", () => {
    const feed = new LiveFeed();
    take(feed, following, progress("a", 5), progress("b", 7));
    take(feed, following, progress("b", 0), progress("c", 2));
    expect(feed.droppedCount).toBe(9);
  });

  it("holds no more than a page shows, however long the page does not look", () => {
    const feed = new LiveFeed();
    const buffer = new LiveBuffer();
    const count = 300_000;
    feed.begin();
    for (let offset = 0; offset < count; offset += 1) feed.take(eventMessage(offset));
    const { records, missedCount } = feed.drain();
    expect([records.length, missedCount]).toEqual([LIVE_ROWS_MAX, count - LIVE_ROWS_MAX]);
    buffer.push(records, missedCount);
    expect(buffer.view()).toMatchObject({
      totalCount: count,
      droppedCount: count - LIVE_ROWS_MAX,
    });
  });
});

describe("LiveBuffer", () => {
  it("takes more at once than a call has arguments", () => {
    const buffer = new LiveBuffer();
    const records = Array.from({ length: 300_000 }, () => ({}) as DecodedRecord);
    buffer.push(records);
    buffer.pause();
    buffer.push(records);
    expect(buffer.view().totalCount).toBe(600_000);
  });
});
