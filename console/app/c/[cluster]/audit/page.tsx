import type { Metadata } from "next";
import type { ReactNode } from "react";
import { AuditPage } from "../../../../features/audit/audit-page.tsx";

export const metadata: Metadata = { title: "Audit" };

export default function Page(): ReactNode {
  return <AuditPage />;
}
