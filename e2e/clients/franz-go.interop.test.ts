import { franzGoKind } from "./drivers/franz-go.ts";
import { describeClient } from "./suite.ts";

describeClient(franzGoKind);
