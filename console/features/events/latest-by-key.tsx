/** A topic as a table: the latest event of every key, now or at a time. */
"use client";
import type { DecodedRecord } from "@runnel/contracts/decoded.ts";
import { parseFilter } from "@runnel/contracts/filter-parser.ts";
import { type FormEvent, type ReactNode, useMemo, useState } from "react";
import { api } from "../../lib/api.ts";
import { formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Input } from "../../ui/field.tsx";
import { type Column, Grid } from "../../ui/grid.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Empty, FilteredEmpty, ProblemPanel } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { toastFailed } from "../../ui/toast.tsx";
import { AtTime } from "./at-time.tsx";
import { Preview } from "./event-columns.tsx";
import { printRecord } from "./events-state.ts";
import { fieldsOf } from "./fields.ts";
import { FilterBar } from "./filter-bar.tsx";
import { addressOfKey, useKeysState } from "./keys-state.ts";
import { readRecord } from "./read-record.ts";
import { SearchBar, SearchEnd } from "./search-status.tsx";
import { type SearchQuery, useSearch } from "./use-search.ts";
import { WrongFilter } from "./wrong-filter.tsx";

const SAMPLES = 50;

export function LatestByKey({ topic }: { readonly topic: string }): ReactNode {
  const [{ f, at, deleted }, setState] = useKeysState();
  const isFilterWrong = parseFilter(f).kind === "error";
  const query = useMemo<SearchQuery>(
    () => ({
      ...(f.trim() === "" ? {} : { filter: f }),
      ...(at === null ? {} : { at: `time:${at}` }),
      ...(deleted ? { tombstones: true } : {}),
    }),
    [f, at, deleted],
  );
  const control = useSearch(topic, isFilterWrong ? null : query, "readLatest");
  const { rows, status, error } = control.search;
  const fields = useMemo(
    () => fieldsOf(rows.slice(0, SAMPLES).map(({ value }) => value.text)),
    [rows],
  );
  const openKey = async (row: DecodedRecord): Promise<void> => {
    try {
      await setState({ k: addressOfKey(row) ?? (await readAddress(topic, row)), r: null });
    } catch (error) {
      toastFailed("The key could not be read", error);
    }
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-3 px-4 pt-2.5">
        <KeyForm onKey={(k) => void setState({ k, r: null })} />
        <AtTime topic={topic} at={at} onChange={(next) => void setState({ at: next })} />
        <Checkbox
          label="With deleted keys"
          checked={deleted}
          onChange={(event) => void setState({ deleted: event.target.checked })}
        />
      </div>
      <div className="px-4 py-2">
        <FilterBar text={f} onChange={(next) => void setState({ f: next })} fields={fields} />
      </div>
      <SearchBar control={control} />
      <div className="flex min-h-0 flex-1 flex-col bg-surface">
        {status === "idle" ? (
          <WrongFilter onClear={() => void setState({ f: "" })} />
        ) : status === "failed" && rows.length === 0 ? (
          <ProblemPanel error={error} onRetry={control.restart} />
        ) : rows.length === 0 && status === "running" ? (
          <SkeletonRows count={10} />
        ) : rows.length === 0 ? (
          <>
            {f === "" ? (
              <Empty title="No event here has a key">
                Events with the same key are versions of the same thing; this page shows the latest
                of each.
              </Empty>
            ) : (
              <FilteredEmpty what="keys" onClear={() => void setState({ f: "" })} />
            )}
            <div className="flex justify-center">
              <SearchEnd control={control} />
            </div>
          </>
        ) : (
          <Grid
            label={`Latest events of ${topic}`}
            columns={COLUMNS}
            rows={rows}
            keyOf={printRecord}
            onOpen={(row) => void openKey(row)}
            tail={<SearchEnd control={control} />}
          />
        )}
      </div>
    </div>
  );
}

/** Rows bring no bytes, as values may have very many; one event brings its own. */
async function readAddress(topic: string, { partition, offset }: DecodedRecord): Promise<string> {
  const whole = await readRecord(api, {
    topic,
    partition,
    offset,
    keyDecoder: "auto",
    valueDecoder: "auto",
    isWhole: false,
  });
  const address = whole === null ? null : addressOfKey(whole);
  if (address === null) throw new Error(`${partition}@${offset} is not there any more`);
  return address;
}

function KeyForm({ onKey }: { readonly onKey: (key: string) => void }): ReactNode {
  const [text, setText] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text !== "") onKey(text);
  };
  return (
    <form onSubmit={submit} className="flex items-center gap-1.5">
      <Input
        aria-label="A key"
        placeholder="a key, exactly"
        title="b: and base64url for bytes"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="mono w-64 text-xs"
      />
      <Button type="submit" disabled={text === ""}>
        All its versions
      </Button>
    </form>
  );
}

const COLUMNS: readonly Column<DecodedRecord>[] = [
  {
    id: "key",
    header: "Key",
    width: "minmax(160px, 1fr)",
    cell: ({ key }) => <Preview payload={key} />,
  },
  {
    id: "value",
    header: "Latest value",
    width: "minmax(300px, 3fr)",
    cell: ({ value }) => <Preview payload={value} />,
  },
  {
    id: "time",
    header: "Since",
    width: "184px",
    cell: ({ timestamp }) =>
      timestamp === null ? "none" : <Time at={timestamp} className="mono text-xs" />,
  },
  {
    id: "partition",
    header: "Partition",
    width: "84px",
    align: "right",
    cell: ({ partition }) => partition,
  },
  { id: "offset", header: "Offset", width: "104px", align: "right", cell: ({ offset }) => offset },
  {
    id: "size",
    header: "Size",
    width: "84px",
    align: "right",
    cell: ({ value }) => formatBytes(value.sizeBytes),
  },
];
