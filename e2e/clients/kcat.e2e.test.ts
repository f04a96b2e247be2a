import { kcatKind } from "./drivers/kcat.ts";
import { describeClient } from "./suite.ts";

describeClient(kcatKind);
