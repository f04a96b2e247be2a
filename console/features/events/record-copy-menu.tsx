"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { useQuery } from "@tanstack/react-query";
import { Copy, Link2 } from "lucide-react";
import type { ReactNode } from "react";
import { copyText } from "../../lib/clipboard.ts";
import { useCluster } from "../../lib/cluster.tsx";
import { clusterQuery } from "../../lib/data/cluster.ts";
import { Menu, MenuItem, MenuSeparator } from "../../ui/menu.tsx";
import { toastDone, toastFailed } from "../../ui/toast.tsx";
import { isWhole, recordCommand, recordCurl, recordJson } from "./payload.ts";

/** A begin that is copied looks like the whole wherever it is pasted. */
const NOT_ALL = ": load all of it first";

/** An event to be taken elsewhere: what is in it, a link, a command that reads it. */
export function RecordCopyMenu({
  topic,
  record,
}: {
  readonly topic: string;
  readonly record: DecodedRecord;
}): ReactNode {
  const { admin } = useCluster();
  const bootstrap = useQuery(clusterQuery).data?.bootstrap[0] ?? "127.0.0.1:9092";
  const copy = (what: string, text: string): void => {
    copyText(text).then(
      () => toastDone(`${what} is copied`),
      (error: unknown) => toastFailed(`${what} could not be copied`, error),
    );
  };
  const isAll = isWhole(record);
  return (
    <Menu label="Copy" trigger={<Copy />} isIcon>
      <MenuItem
        isDisabled={record.value.isTruncated}
        onSelect={() => copy("The value", record.value.text)}
      >
        The value{record.value.isTruncated && NOT_ALL}
      </MenuItem>
      <MenuItem
        isDisabled={record.key.isTruncated}
        onSelect={() => copy("The key", record.key.text)}
      >
        The key{record.key.isTruncated && NOT_ALL}
      </MenuItem>
      <MenuItem
        isDisabled={!isAll}
        onSelect={() => {
          const json = recordJson(topic, record);
          if (json !== null) copy("The event", json);
        }}
      >
        The event as JSON{!isAll && NOT_ALL}
      </MenuItem>
      <MenuSeparator />
      <MenuItem onSelect={() => copy("The link", location.href)}>
        <Link2 /> A link to it
      </MenuItem>
      <MenuItem
        onSelect={() => copy("The address", `${topic}/${record.partition}@${record.offset}`)}
      >
        Its address
      </MenuItem>
      <MenuItem onSelect={() => copy("The command", recordCommand(topic, record, bootstrap))}>
        A command that reads it
      </MenuItem>
      <MenuItem onSelect={() => copy("The request", recordCurl(topic, record, admin))}>
        A curl that reads it
      </MenuItem>
    </Menu>
  );
}
