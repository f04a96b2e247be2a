import type { Metadata } from "next";
import type { ReactNode } from "react";
import { BrokerList } from "../../../../features/brokers/broker-list.tsx";

export const metadata: Metadata = { title: "Brokers" };

export default function Page(): ReactNode {
  return <BrokerList />;
}
