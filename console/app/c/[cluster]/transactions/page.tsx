import type { Metadata } from "next";
import type { ReactNode } from "react";
import { TransactionsPage } from "../../../../features/transactions/transactions-page.tsx";

export const metadata: Metadata = { title: "Transactions" };

export default function Page(): ReactNode {
  return <TransactionsPage />;
}
