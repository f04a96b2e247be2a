/** The data folders of a broker that has several, or one that is offline. */
import type { DataFolder } from "@runnel/contracts/cluster.ts";
import type { ReactNode } from "react";
import { formatBytes, formatCount } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Table, Td, Th, Tr } from "../../ui/table.tsx";

export function DataFolders({ folders }: { readonly folders: readonly DataFolder[] }): ReactNode {
  if (folders.length < 2 && folders.every(({ error }) => error === null)) return null;
  return (
    <Table
      label="Data folders"
      className="max-h-40 rounded-lg border border-line bg-surface"
      head={
        <>
          <Th>Data folder</Th>
          <Th>State</Th>
          <Th isRight>Partitions</Th>
          <Th isRight>Events on disk</Th>
          <Th isRight>Free</Th>
          <Th>Disk in use</Th>
        </>
      }
    >
      {folders.map((folder) => (
        <FolderRow key={folder.path} folder={folder} />
      ))}
    </Table>
  );
}

function FolderRow({ folder }: { readonly folder: DataFolder }): ReactNode {
  const { path, error, partitionCount, sizeBytes, totalBytes: total, freeBytes: free } = folder;
  return (
    <Tr>
      <Td isMono>{path}</Td>
      <Td className="whitespace-normal">
        <Badge tone={error === null ? "ok" : "bad"}>{error === null ? "online" : "offline"}</Badge>
        {error !== null && <span className="ml-2 text-bad">{error}</span>}
      </Td>
      <Td isRight>{formatCount(partitionCount)}</Td>
      <Td isRight>{formatBytes(sizeBytes)}</Td>
      <Td isRight>{free === null ? "–" : formatBytes(free)}</Td>
      <Td>
        {total !== null && free !== null && (
          <Meter label={`Disk of ${path} in use`} value={total - free} max={total} />
        )}
      </Td>
    </Tr>
  );
}
