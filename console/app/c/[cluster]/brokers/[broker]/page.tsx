import type { Metadata } from "next";
import type { ReactNode } from "react";
import { BrokerDetail } from "../../../../../features/brokers/broker-detail.tsx";
import { decodeSegment } from "../../../../../lib/params.ts";

interface Props {
  readonly params: Promise<{ readonly broker: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `Broker ${decodeSegment((await params).broker)}` };
}

export default async function Page({ params }: Props): Promise<ReactNode> {
  return <BrokerDetail broker={decodeSegment((await params).broker)} />;
}
