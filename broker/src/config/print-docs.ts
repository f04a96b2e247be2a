/** `npm run docs:config`: prints `docs/config.md`. */
import process from "node:process";
import { configPage } from "./docs.ts";

process.stdout.write(configPage());
