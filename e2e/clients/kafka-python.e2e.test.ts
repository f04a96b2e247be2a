import { kafkaPythonKind } from "./drivers/python.ts";
import { describeClient } from "./suite.ts";

describeClient(kafkaPythonKind);
