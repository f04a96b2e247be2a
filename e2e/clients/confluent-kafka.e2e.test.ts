import { confluentKind } from "./drivers/python.ts";
import { describeClient } from "./suite.ts";

describeClient(confluentKind);
