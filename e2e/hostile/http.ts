/** Requests to the admin port, well formed or not. */
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpRequest {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

/** The admin port of a broker at `host:port`. */
export class AdminPort {
  readonly host: string;
  readonly port: number;

  constructor(address: string) {
    const [host = "", port = ""] = address.split(":");
    this.host = host;
    this.port = Number(port);
  }

  /** One request on a connection of its own; null where the broker closed it without an answer. */
  async ask(
    path: string,
    { method = "GET", headers = {}, body }: HttpRequest = {},
  ): Promise<HttpAnswer | null> {
    const { host, port } = this;
    const request = http.request({ host, port, path, method, headers, agent: false });
    // The broker may answer, and close, before it has taken all of a body.
    const answered = once(request, "response").catch(() => null);
    request.on("error", () => {});
    request.end(body);
    const [response] = ((await answered) ?? []) as [http.IncomingMessage?];
    if (response === undefined) return null;
    let text = "";
    try {
      for await (const chunk of response) text += String(chunk);
    } finally {
      request.destroy();
    }
    return { status: response.statusCode ?? 0, headers: response.headers, body: text };
  }

  /** As `ask`, with `body` as JSON. */
  json(
    path: string,
    body: unknown,
    method = "POST",
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<HttpAnswer | null> {
    const type = { "content-type": "application/json", ...headers };
    return this.ask(path, { method, headers: type, body: JSON.stringify(body) });
  }

  /** A connection on which `text` was sent as it is. */
  send(text: string): RawConnection {
    const socket = net.connect(this.port, this.host);
    socket.on("error", () => {});
    socket.write(text);
    return new RawConnection(socket);
  }
}

export class RawConnection {
  readonly socket: net.Socket;
  #received = "";

  constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#received += bytes.toString();
    });
  }

  /** All that came until the broker closed. */
  async ended(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, "close");
    return this.#received;
  }
}
