import { redirect } from "next/navigation";
import { clusterName } from "../lib/cluster-name.ts";

export default function Home(): never {
  redirect(`/c/${clusterName()}`);
}
