/** Messages of a stream, for tests: what a test says nothing of is not there. */
import type { EventStreamMessage } from "@runnel/contracts/events.ts";

type Data<E extends EventStreamMessage["event"]> = Extract<
  EventStreamMessage,
  { readonly event: E }
>["data"];

export function streamMessage<E extends EventStreamMessage["event"]>(
  event: E,
  data: Partial<Data<E>>,
): EventStreamMessage {
  const rest = event === "done" ? { failure: null, cursor: null } : {};
  return { event, data: { ...rest, ...data } } as unknown as EventStreamMessage;
}

export function eventMessage(offset: number, partition = 0): EventStreamMessage {
  return streamMessage("event", { partition, offset });
}
