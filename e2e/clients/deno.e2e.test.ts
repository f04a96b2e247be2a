/** The broker under Deno, with one client of librdkafka and one of Node. */
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { kcatKind } from "./drivers/kcat.ts";
import { describeClient } from "./suite.ts";

describeClient(kcatKind, { runtime: "deno", title: "kcat with the broker under Deno" });
describeClient(kafkajsKind, { runtime: "deno", title: "kafkajs with the broker under Deno" });
