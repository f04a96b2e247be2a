/** All topics of the cluster. */
"use client";
import type { TopicRow } from "@runnel/contracts/topics.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useMemo, useState } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { useCommands } from "../../lib/commands.ts";
import { listRefresh } from "../../lib/data/list-pages.ts";
import { askTopics, topicsQuery } from "../../lib/data/topics.ts";
import { formatCount } from "../../lib/format.ts";
import { usePreferences, useRefreshMs } from "../../lib/preferences.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { ColumnsMenu } from "../../ui/columns-menu.tsx";
import { CsvButton } from "../../ui/csv-button.tsx";
import { Checkbox, Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { ListPage, useList } from "../../ui/list-page.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { topicColumns } from "./columns.tsx";
import { DELETED_TOPICS_MAX } from "./delete-topics.ts";
import { FirstTopic } from "./first-topic.tsx";
import { asShown, isSort, paramsOf, useListState } from "./list-state.ts";

const DeleteDialog = dynamic(
  () => import("./delete-dialog.tsx").then((module) => module.DeleteDialog),
  { ssr: false },
);

const NONE: ReadonlySet<string> = new Set();
const NO_ROWS = { rows: [], total: 0, isPending: false } as const;

export function TopicList(): ReactNode {
  const [state, setState] = useListState();
  const href = useHref();
  const router = useRouter();
  const refreshMs = useRefreshMs();
  const { stars } = usePreferences();
  const params = paramsOf(state, stars);
  const isNoneMarked = state.show === "marked" && stars.length === 0;
  const query = useInfiniteQuery({
    ...topicsQuery(params),
    refetchInterval: listRefresh(refreshMs),
    enabled: !isNoneMarked,
  });
  const [selected, setSelected] = useState<ReadonlySet<string>>(NONE);
  const [isDeleting, setIsDeleting] = useState(false);
  const isTooMany = selected.size > DELETED_TOPICS_MAX;
  const loaded = useList(query);
  const rows = useMemo(() => starredFirst(loaded.rows, stars), [loaded.rows, stars]);
  const list = isNoneMarked ? { ...loaded, ...NO_ROWS } : { ...loaded, rows };
  const all = useMemo(() => topicColumns(href), [href]);
  const columns = useMemo(
    () => all.filter(({ id }) => id === "name" || !state.hide.includes(id)),
    [all, state.hide],
  );
  useCommands([
    {
      id: "topic-new",
      title: "Create a topic",
      group: "This page",
      keys: "c",
      run: () => router.push(href("topics", "new")),
    },
  ]);
  return (
    <>
      <ListPage
        title="Topics"
        what="topics"
        list={list}
        actions={
          <Link href={href("topics", "new")} className={buttonClass("primary")}>
            <Plus /> Create a topic
          </Link>
        }
        filters={
          <>
            <FilterInput
              label="Filter topics"
              isInstant
              placeholder="Filter by name; * and ? stand for anything"
              value={state.q}
              onChange={(q) => void setState({ q })}
              className="w-80 max-w-full"
            />
            <Select
              aria-label="Which topics"
              value={state.show}
              onChange={({ target }) => void setState({ show: asShown(target.value) })}
            >
              <option value="all">All topics</option>
              <option value="marked">Marked topics</option>
              <option value="troubled">Topics with problems</option>
            </Select>
            <Checkbox
              label="Internal topics"
              checked={state.internal}
              onChange={(event) => void setState({ internal: event.target.checked })}
            />
          </>
        }
        tools={
          <>
            {selected.size > 0 && (
              <>
                <span className="text-sm text-muted">
                  {formatCount(selected.size)} selected
                  {isTooMany && `, and ${DELETED_TOPICS_MAX} at once can be deleted`}
                </span>
                <Button look="ghost" onClick={() => setSelected(NONE)}>
                  Clear
                </Button>
                <Button look="danger" disabled={isTooMany} onClick={() => setIsDeleting(true)}>
                  <Trash2 /> Delete …
                </Button>
              </>
            )}
            <ViewsMenu page="topics" />
            <ColumnsMenu
              columns={all.filter(({ id }) => id !== "name")}
              hidden={state.hide}
              onChange={(hide) => void setState({ hide: [...hide] })}
            />
            <CsvButton
              name="topics"
              columns={columns}
              ask={(cursor) => askTopics(params, cursor)}
              isDisabled={list.rows.length === 0}
            />
          </>
        }
        isFiltered={state.q !== "" || state.show !== "all"}
        onClear={() => void setState({ q: "", show: "all" })}
        empty={<FirstTopic />}
        grid={{
          label: "Topics",
          columns,
          keyOf: ({ name }) => name,
          onOpen: ({ name }) => router.push(href("topics", name)),
          sort: { by: state.sort, order: state.order },
          onSort: ({ by, order }) => {
            if (isSort(by)) void setState({ sort: by, order });
          },
          selected,
          onSelect: setSelected,
        }}
      />
      {isDeleting && (
        <DeleteDialog
          topics={[...selected]}
          onClose={() => setIsDeleting(false)}
          onGone={(gone) => {
            const left = [...selected].filter((topic) => !gone.includes(topic));
            setSelected(new Set(left));
            if (left.length === 0) setIsDeleting(false);
          }}
        />
      )}
    </>
  );
}

/** Marked topics come first; otherwise the order is that of the broker. */
function starredFirst(rows: readonly TopicRow[], stars: readonly string[]): readonly TopicRow[] {
  if (stars.length === 0) return rows;
  const marked = new Set(stars);
  return [
    ...rows.filter(({ name }) => marked.has(name)),
    ...rows.filter(({ name }) => !marked.has(name)),
  ];
}
