/** Refusals as problem details (RFC 9457), the same shape that the admin API uses. */
import type { ServerResponse } from "node:http";

export interface Refusal {
  readonly status: number;
  readonly title: string;
  /** What happened, for people. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Answers with the refusal and closes the connection after it: an unread body may follow. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(refusal.status, {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
  });
  response.end(JSON.stringify({ type: "about:blank", ...refusal }));
}
