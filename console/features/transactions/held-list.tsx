/** Partitions in which transactions are open: where readers of committed data wait, and for whom. */
"use client";
import type { HeldPartition } from "@runnel/contracts/transactions.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import type { ReactNode } from "react";
import { listRefresh } from "../../lib/data/list-pages.ts";
import { askHeld, heldQuery } from "../../lib/data/transactions.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { CsvButton } from "../../ui/csv-button.tsx";
import { Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { ListPage, useList } from "../../ui/list-page.tsx";
import { Empty } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { HELD_COLUMNS } from "./held-columns.tsx";
import { HeldPanel } from "./held-panel.tsx";
import { HELD_SORTS, heldParams, parsePlace, printPlace, useHeldState } from "./page-state.ts";

export function HeldList({ choice }: { readonly choice: ReactNode }): ReactNode {
  const [state, setState] = useHeldState();
  const refreshMs = useRefreshMs();
  const params = heldParams(state);
  const query = useInfiniteQuery({ ...heldQuery(params), refetchInterval: listRefresh(refreshMs) });
  const list = useList(query);
  const { q, hanging, sort, order } = state;
  const place = parsePlace(state.at);
  const move = (row: HeldPartition): void => void setState({ at: printPlace(row) });
  return (
    <ListPage
      title="Transactions"
      what="partitions"
      list={list}
      filters={
        <>
          {choice}
          <FilterInput
            label="Filter partitions by topic"
            isInstant
            placeholder="Filter by topic; * and ? stand for anything"
            value={q}
            onChange={(text) => void setState({ q: text })}
            className="w-72 max-w-full"
          />
          <Select
            aria-label="Which transactions"
            value={hanging ? "hanging" : ""}
            onChange={({ target }) => void setState({ hanging: target.value !== "" })}
          >
            <option value="">Everything that is open</option>
            <option value="hanging">What hangs</option>
          </Select>
        </>
      }
      tools={
        <>
          <ViewsMenu page="transactions" />
          <CsvButton
            name="held partitions"
            columns={HELD_COLUMNS}
            ask={(cursor) => askHeld(params, cursor)}
            isDisabled={list.rows.length === 0}
          />
        </>
      }
      isFiltered={q !== "" || hanging}
      onClear={() => void setState({ q: "", hanging: false })}
      empty={
        <Empty icon={<CircleCheck />} title="Nothing is held back">
          <p>
            No transaction is open in any partition. While one is, readers with read_committed wait
            at its first event, which is the last stable offset of the partition; such partitions
            stand here, with whom they wait for.
          </p>
        </Empty>
      }
      grid={{
        label: "Partitions held back",
        columns: HELD_COLUMNS,
        keyOf: printPlace,
        onOpen: move,
        ...(place === null ? {} : { onMove: move }),
        openKey: place === null ? null : printPlace(place),
        sort: { by: sort, order },
        onSort: ({ by, order: next }) =>
          void setState({
            sort: HELD_SORTS.find((one) => one === by) ?? "heldCount",
            order: next,
          }),
      }}
      side={
        place === null ? null : (
          <HeldPanel
            key={printPlace(place)}
            place={place}
            onClose={() => void setState({ at: null })}
          />
        )
      }
    />
  );
}
