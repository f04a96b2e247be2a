import type { Metadata } from "next";
import type { ReactNode } from "react";
import { GroupList } from "../../../../features/groups/group-list.tsx";

export const metadata: Metadata = { title: "Groups" };

export default function Page(): ReactNode {
  return <GroupList />;
}
