/** The pages that there are, for the sidebar, the palette and the keyboard. */
import {
  ArrowLeftRight,
  ChartLine,
  Gauge,
  Layers,
  type LucideIcon,
  Rows3,
  ScrollText,
  SendHorizontal,
  Server,
  Settings2,
} from "lucide-react";

export interface Page {
  readonly title: string;
  /** Behind the cluster; empty for its front page. */
  readonly path: readonly string[];
  readonly group: "Observe" | "Data" | "Console";
  readonly keys: string;
  readonly icon: LucideIcon;
}

export const PAGES: readonly Page[] = [
  { title: "Overview", path: [], group: "Observe", keys: "g o", icon: Gauge },
  { title: "Metrics", path: ["metrics"], group: "Observe", keys: "g m", icon: ChartLine },
  { title: "Brokers", path: ["brokers"], group: "Observe", keys: "g b", icon: Server },
  { title: "Audit", path: ["audit"], group: "Observe", keys: "g a", icon: ScrollText },
  { title: "Topics", path: ["topics"], group: "Data", keys: "g t", icon: Rows3 },
  { title: "Groups", path: ["groups"], group: "Data", keys: "g g", icon: Layers },
  {
    title: "Transactions",
    path: ["transactions"],
    group: "Data",
    keys: "g x",
    icon: ArrowLeftRight,
  },
  { title: "Produce", path: ["produce"], group: "Data", keys: "g p", icon: SendHorizontal },
  { title: "Settings", path: ["settings"], group: "Console", keys: "g s", icon: Settings2 },
];
