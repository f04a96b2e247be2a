/** Who asks for a change, whichever port they came to. */
import type { Principal } from "#auth/authorizer.ts";

export interface Actor {
  readonly principal: Principal;
  /** The client's address, with or without a slash before it. */
  readonly host: string;
  /** Whom a proxy says that it asks for: not checked by anybody. Null where none says so. */
  readonly forwardedFor?: string | null;
  readonly via: "kafka" | "admin";
  readonly listener: string;
  readonly port: number;
  /** What the client calls itself. */
  readonly client: string;
  /** Unique among the connections of this process; null where it says nothing about who asks. */
  readonly connectionId: number | null;
  /** Counts the entries that a request makes, for who must know whether there was any. */
  readonly told?: { count: number };
}
