import type { Metadata } from "next";
import type { ReactNode } from "react";
import { MetricsPage } from "../../../../features/metrics/metrics-page.tsx";

export const metadata: Metadata = { title: "Metrics" };

export default function Page(): ReactNode {
  return <MetricsPage />;
}
