/** All transactional ids, the longest running transaction first. */
"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ArrowLeftRight, CircleAlert } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useMemo } from "react";
import { useHref } from "../../lib/cluster.tsx";
import { listRefresh } from "../../lib/data/list-pages.ts";
import {
  askTransactions,
  hangingCountQuery,
  transactionsQuery,
} from "../../lib/data/transactions.ts";
import { formatNumberOf, formatSpan } from "../../lib/format.ts";
import { useRefreshMs } from "../../lib/preferences.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { CsvButton } from "../../ui/csv-button.tsx";
import { Select } from "../../ui/field.tsx";
import { FilterInput } from "../../ui/filter-input.tsx";
import { ListPage, useList } from "../../ui/list-page.tsx";
import { Empty } from "../../ui/states.tsx";
import { ViewsMenu } from "../../ui/views-menu.tsx";
import { ID_SORTS, idParams, STATES, useIdState } from "./page-state.ts";
import { STATE_LOOKS } from "./state-badge.tsx";
import { transactionColumns } from "./transaction-columns.tsx";

/** Seconds. */
const AGES = [10, 60, 600, 3_600];

export function TransactionList({ choice }: { readonly choice: ReactNode }): ReactNode {
  const [state, setState] = useIdState();
  const href = useHref();
  const router = useRouter();
  const refreshMs = useRefreshMs();
  const params = idParams(state);
  const query = useInfiniteQuery({
    ...transactionsQuery(params),
    refetchInterval: listRefresh(refreshMs),
  });
  const list = useList(query);
  const columns = useMemo(() => transactionColumns(href), [href]);
  const { q, longer, producer, sort, order } = state;
  const ages = longer === null || AGES.includes(longer) ? AGES : [...AGES, longer];
  return (
    <ListPage
      title="Transactions"
      what="transactions"
      list={list}
      filters={
        <>
          {choice}
          <FilterInput
            label="Filter transactions"
            isInstant
            placeholder="Filter by id; * and ? stand for anything"
            value={q}
            onChange={(text) => void setState({ q: text })}
            className="w-72 max-w-full"
          />
          <Select
            aria-label="State"
            value={state.state ?? ""}
            onChange={({ target }) =>
              void setState({ state: STATES.find((one) => one === target.value) ?? null })
            }
          >
            <option value="">Any state</option>
            {STATES.map((one) => (
              <option key={one} value={one}>
                {STATE_LOOKS[one].text}
              </option>
            ))}
          </Select>
          <Select
            aria-label="Open for"
            value={longer === null ? "" : String(longer)}
            onChange={({ target }) =>
              void setState({ longer: target.value === "" ? null : Number(target.value) })
            }
          >
            <option value="">Open or not</option>
            {ages.map((seconds) => (
              <option key={seconds} value={seconds}>
                Open for over {formatSpan(seconds * 1_000)}
              </option>
            ))}
          </Select>
          <FilterInput
            label="Filter by producer id"
            placeholder="Producer id"
            value={producer}
            onChange={(text) => void setState({ producer: text.replace(/\D/g, "") })}
            className="w-36"
          />
        </>
      }
      tools={
        <>
          <ViewsMenu page="transactions" />
          <CsvButton
            name="transactions"
            columns={columns}
            ask={(cursor) => askTransactions(params, cursor)}
            isDisabled={list.rows.length === 0}
          />
        </>
      }
      note={<HangingNote />}
      isFiltered={q !== "" || state.state !== null || longer !== null || producer !== ""}
      onClear={() => void setState({ q: "", state: null, longer: null, producer: "" })}
      empty={<FirstTransaction />}
      grid={{
        label: "Transactions",
        columns,
        keyOf: ({ transactionalId }) => transactionalId,
        onOpen: ({ transactionalId }) => router.push(href("transactions", transactionalId)),
        sort: { by: sort, order },
        onSort: ({ by, order: next }) =>
          void setState({
            sort: ID_SORTS.find((one) => one === by) ?? "runningMs",
            order: next,
          }),
      }}
    />
  );
}

/** Somebody waits for what nobody will end: that is not in a list of ids. */
function HangingNote(): ReactNode {
  const href = useHref();
  const refetchInterval = useRefreshMs();
  const { data: count = 0 } = useQuery({ ...hangingCountQuery, refetchInterval });
  if (count === 0) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-2.5 rounded-md border border-bad/40 bg-bad-soft px-3 py-2"
    >
      <CircleAlert className="size-4 shrink-0 text-bad" />
      <p className="min-w-0 flex-1">
        <span className="font-semibold">
          A transaction hangs in {formatNumberOf(count, "partition")}.
        </span>{" "}
        Nobody coordinates it, so it does not end by itself, and readers of committed data stand
        still there.
      </p>
      <Link
        href={`${href("transactions")}?show=held&hanging=true`}
        className="shrink-0 font-medium text-accent hover:underline"
      >
        Show where
      </Link>
    </div>
  );
}

const EXAMPLE = `producer.initTransactions();        // with transactional.id=payments-1
producer.beginTransaction();
producer.send(new ProducerRecord<>("payments", key, value));
producer.commitTransaction();`;

function FirstTransaction(): ReactNode {
  return (
    <Empty icon={<ArrowLeftRight />} title="No transactions yet">
      <p className="mb-4">
        A producer with a transactional id writes to many partitions, and commits the offsets of
        what it has read, all or nothing. Its id shows here from its first start on:
      </p>
      <div className="text-left">
        <CodeBlock code={EXAMPLE} />
      </div>
    </Empty>
  );
}
