import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "../ui/button.tsx";

export default function NotFound(): ReactNode {
  return (
    <main className="grid h-dvh place-items-center">
      <div className="flex flex-col items-center gap-2 text-center">
        <p className="mono text-muted">404</p>
        <h1 className="text-xl font-semibold">There is no such page</h1>
        <p className="text-muted">The address is wrong, or names a cluster that is not here.</p>
        <Link href="/" className={buttonClass("primary")}>
          To the front page
        </Link>
      </div>
    </main>
  );
}
