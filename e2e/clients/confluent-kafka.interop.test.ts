import { newestConfluentKind } from "./drivers/python.ts";
import { describeClient } from "./suite.ts";

describeClient(newestConfluentKind);
