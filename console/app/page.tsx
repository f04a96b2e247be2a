import { redirect } from "next/navigation";
import { clusterPath } from "../lib/cluster-name.ts";

export default function Home(): never {
  redirect(clusterPath());
}
