/** What the handlers of the data plane work with. */
import type { Changes } from "#audit/changes.ts";
import type { Authorizer } from "#auth/authorizer.ts";
import type { Disk } from "#io/ports.ts";
import type { LogDirs } from "#log/log-dirs.ts";
import type { AppendContext } from "#replica/append.ts";
import type { FetchContext } from "#replica/fetch.ts";
import type { FetchSessions } from "#replica/fetch-sessions.ts";
import type { ReplicaManager } from "#replica/replica-manager.ts";

export interface DataServices {
  readonly authorizer: Authorizer;
  readonly replicas: ReplicaManager;
  readonly logs: LogDirs;
  readonly changes: Changes;
  readonly append: AppendContext;
  readonly reads: FetchContext;
  readonly fetchSessions: FetchSessions;
  readonly disk: Pick<Disk, "space">;
  /** `fetch.max.bytes` as it stands now. */
  fetchMaxBytes(): number;
}
