import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ProducePage } from "../../../../features/produce/produce-page.tsx";

export const metadata: Metadata = { title: "Produce" };

export default function Page(): ReactNode {
  return <ProducePage />;
}
