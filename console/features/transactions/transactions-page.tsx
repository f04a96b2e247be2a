/** Transactions: by their ids, or by the partitions that they hold back. */
"use client";
import type { ReactNode } from "react";
import { Segmented } from "../../ui/field.tsx";
import { HeldList } from "./held-list.tsx";
import { useShown } from "./page-state.ts";
import { TransactionList } from "./transaction-list.tsx";

export function TransactionsPage(): ReactNode {
  const [show, setShow] = useShown();
  const choice = (
    <Segmented
      label="What is shown"
      value={show}
      onChange={setShow}
      options={[
        ["ids", "By id"],
        ["held", "Partitions held back"],
      ]}
    />
  );
  return show === "ids" ? <TransactionList choice={choice} /> : <HeldList choice={choice} />;
}
