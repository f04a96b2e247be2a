/** Reads a stream of server-sent events, as they come. No reconnecting: who reads has the cursor. */

/** A message as it stood in the stream. */
export interface StreamMessage {
  /** `message` where the stream did not say. */
  readonly event: string;
  readonly data: string;
  /** The last one that was said; "" before any. */
  readonly id: string;
}

/** Characters of one message; a longer one is no stream of ours. */
const MESSAGE_LENGTH_MAX = 64 * 1024 * 1024;

/** The messages of `body`; leaving the iteration cancels the stream. Source: HTML, server-sent events. */
export async function* readMessages(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamMessage, void> {
  const decoder = new TextDecoder();
  const parser = new MessageParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

class MessageParser {
  #rest = "";
  #event = "";
  #data: string[] = [];
  #length = 0;
  #id = "";

  /** The messages that end in `text`. Lines end with LF, as we write them, or CRLF. */
  *push(text: string): Generator<StreamMessage, void> {
    let start = 0;
    // Only what is new is looked through: a line of megabytes comes in hundreds of pieces.
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const line = this.#rest + text.slice(start, end);
      this.#rest = "";
      start = end + 1;
      const message = this.#take(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (message !== null) yield message;
    }
    this.#rest += text.slice(start);
    if (this.#rest.length > MESSAGE_LENGTH_MAX) throw new Error("a line of a stream without end");
  }

  #take(line: string): StreamMessage | null {
    if (line === "") return this.#finish();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#event = value;
    else if (field === "id") this.#id = value;
    else if (field === "data") {
      this.#data.push(value);
      this.#length += value.length;
      if (this.#length > MESSAGE_LENGTH_MAX) throw new Error("a message of a stream without end");
    }
    return null;
  }

  #finish(): StreamMessage | null {
    const [event, data, id] = [this.#event || "message", this.#data, this.#id];
    this.#event = "";
    this.#data = [];
    this.#length = 0;
    return data.length === 0 ? null : { event, data: data.join("\n"), id };
  }
}
