/**
 * A disk that keeps a ledger of what a power cut would leave: how much of each file was synced, which
 * files and names were made durable by a sync of their folder. Lines are appended to a file with one
 * system call each, so that they survive the SIGKILL that plays the power cut.
 */
import { appendFileSync } from "node:fs";
import type { Disk, DiskFile } from "@runnel/broker/io/ports.ts";

/** `C path` created · `S length path` synced · `D folder` synced · `R target source` renamed. */
export type LedgerLine = string;

/**
 * `disk`, with its ledger in the file `path`. Where `isSyncing` is false, the sync of segments does
 * nothing: the mistake that the test must find.
 */
export function ledgerDisk(disk: Disk, path: string, isSyncing: boolean): Disk {
  const note = (line: LedgerLine): void => appendFileSync(path, `${line}\n`);
  return {
    ...disk,
    allocate: (length) => disk.allocate(length),
    async open(filePath, options) {
      const isNew = options.create && (await disk.stat(filePath)) === null;
      const file = await disk.open(filePath, options);
      if (isNew) note(`C ${filePath}`);
      const isSynced = isSyncing || !filePath.endsWith(".log");
      return watched(file, await file.size(), note, isSynced);
    },
    async rename(source, target) {
      await disk.rename(source, target);
      note(`R ${target} ${source}`);
    },
    async syncDirectory(folder) {
      await disk.syncDirectory(folder);
      note(`D ${folder}`);
    },
  };
}

function watched(
  file: DiskFile,
  size: number,
  note: (line: LedgerLine) => void,
  isSyncing: boolean,
): DiskFile {
  let written = size;
  return {
    path: file.path,
    size: () => file.size(),
    read: (target, position) => file.read(target, position),
    async write(parts, position) {
      await file.write(parts, position);
      written = Math.max(written, position + parts.reduce((sum, part) => sum + part.length, 0));
    },
    async sync() {
      if (!isSyncing) return;
      const length = written;
      await file.sync();
      note(`S ${length} ${file.path}`);
    },
    async truncate(length) {
      await file.truncate(length);
      written = Math.min(written, length);
      note(`T ${length} ${file.path}`);
    },
    close: () => file.close(),
  };
}
