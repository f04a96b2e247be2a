import type { Metadata } from "next";
import type { ReactNode } from "react";
import { SettingsPage } from "../../../../features/settings/settings-page.tsx";

export const metadata: Metadata = { title: "Settings" };

export default function Page(): ReactNode {
  return <SettingsPage />;
}
