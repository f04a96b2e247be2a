import { kafkajsKind } from "./drivers/kafkajs.ts";
import { describeClient } from "./suite.ts";

describeClient(kafkajsKind);
