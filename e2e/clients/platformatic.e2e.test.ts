import { platformaticKind } from "./drivers/platformatic.ts";
import { describeClient } from "./suite.ts";

describeClient(platformaticKind);
