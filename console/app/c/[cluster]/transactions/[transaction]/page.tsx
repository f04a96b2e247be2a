import type { Metadata } from "next";
import type { ReactNode } from "react";
import { TransactionDetail } from "../../../../../features/transactions/transaction-detail.tsx";
import { decodeSegment } from "../../../../../lib/params.ts";

interface Props {
  readonly params: Promise<{ readonly transaction: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeSegment((await params).transaction) };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  return <TransactionDetail transactionalId={decodeSegment((await params).transaction)} />;
}
