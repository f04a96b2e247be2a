/** Answers as streams of server-sent events. */
import { messageOf } from "@runnel/kit/errors.ts";
import type { Logger } from "@runnel/kit/world.ts";

/** One message: the name of its `event` line, and the JSON of its `data` line. */
export function messageText(event: string, json: string): string {
  return `event: ${event}\ndata: ${json}\n\n`;
}

export interface StreamOptions {
  /** Stops what makes the chunks; aborted when nobody reads any more. */
  readonly control: AbortController;
  /** What is said last where the chunks end with an error. */
  readonly onFailure: (error: unknown) => string;
  readonly logger: Logger;
}

/** A response whose body is `chunks`, made as fast as the client takes them. */
export function streamResponse(chunks: AsyncIterable<string>, options: StreamOptions): Response {
  const { control } = options;
  const encoder = new TextEncoder();
  const iterator = chunks[Symbol.asyncIterator]();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { text, isLast } = await next(iterator, options);
      // A client that has gone takes nothing, not even the end.
      if (control.signal.aborted) return;
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (isLast) controller.close();
    },
    cancel: () => {
      control.abort();
      // Nobody asks for the next chunk any more: what waits to hand one out must hear of it, too.
      iterator.return?.()?.catch((error: unknown) => {
        options.logger.warn({ error: messageOf(error) }, "a stream of events did not end well");
      });
    },
  });
  return new Response(body, { headers: HEADERS });
}

const HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream; charset=utf-8",
  // A proxy that collects answers would hide that anything comes.
  "x-accel-buffering": "no",
};

/** What HEAD is answered where GET is answered with a stream. */
export function streamHead(): Response {
  return new Response(null, { headers: HEADERS });
}

async function next(
  iterator: AsyncIterator<string>,
  { onFailure, logger }: StreamOptions,
): Promise<{ readonly text: string; readonly isLast: boolean }> {
  try {
    const { value, done } = await iterator.next();
    return done === true ? { text: "", isLast: true } : { text: value, isLast: false };
  } catch (error) {
    logger.warn({ error: messageOf(error) }, "a stream of events broke off");
    return { text: onFailure(error), isLast: true };
  }
}
