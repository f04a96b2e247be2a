import { join } from "node:path";
import type { NextConfig } from "next";

/** Where `next dev` finds the admin API. What users run has a server of its own: `server/`. */
const DEV_ADMIN = process.env["RUNNEL_ADMIN"] ?? "127.0.0.1:9644";
const isDev = process.env.NODE_ENV === "development";
const workspace = join(import.meta.dirname, "..");

const config: NextConfig = {
  output: "standalone",
  // The hash of the sources where `server/build.ts` asks for the build: the same pages for the same sources.
  generateBuildId: () => process.env["RUNNEL_BUILD_ID"] ?? null,
  outputFileTracingRoot: workspace,
  turbopack: { root: workspace },
  transpilePackages: ["@runnel/contracts"],
  // `npm run check` has looked at the types; whoever builds at a start shall not wait for it again.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  ...(isDev && {
    rewrites: async () => [{ source: "/api/:path*", destination: `http://${DEV_ADMIN}/:path*` }],
  }),
};

export default config;
