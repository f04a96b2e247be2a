import { javaKind } from "./drivers/java.ts";
import { describeClient } from "./suite.ts";

describeClient(javaKind);
