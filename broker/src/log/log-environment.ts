/** What a log is given: the parts that all logs of a node share, and what is known of it from before. */
import type { Logger, Scheduler } from "@runnel/kit/world.ts";
import type { Disk, Workers } from "#io/ports.ts";
import type { FileHandles } from "./file-handles.ts";
import type { IndexCache } from "./index-cache.ts";
import type { LogConfig } from "./ports.ts";
import type { RecoveryPoint } from "./recovery-point.ts";
import type { TailCache } from "./tail-cache.ts";
import type { TransactionCache } from "./transaction-files.ts";

/** What all logs of a node share. */
export interface LogEnvironment {
  readonly disk: Disk;
  readonly files: FileHandles;
  readonly scheduler: Scheduler;
  readonly tailCache: TailCache;
  readonly logger: Logger;
  readonly workers: Pick<Workers, "decompress">;
  readonly indexCache: IndexCache;
  readonly transactions: TransactionCache;
  nowMs(): number;
  /** The log in `folder` was fenced because of `error`: what is on the same disk may be concerned. */
  onFenced(folder: string, error: unknown): void;
  /**
   * Makes sure that a restart begins to check the log in `folder` at `offset` or behind it; false where
   * that cannot be now.
   */
  checkpointAt(folder: string, offset: number): Promise<boolean>;
  /** The log in `folder` has so much behind its recovery point that a checkpoint is due. */
  onCheckpointDue(folder: string): void;
}

export interface OpenLogOptions {
  readonly folder: string;
  readonly config: LogConfig;
  readonly recoveryPoint: RecoveryPoint | null;
  readonly logStartOffset: number;
  /** All that is in the folder is known to survive a power cut. */
  readonly isDurable: boolean;
  /** A sync failed here: what no later one has covered is written once more. */
  readonly isDoubted: boolean;
}
