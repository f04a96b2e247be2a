import { describeCross } from "./cross.ts";
import { franzGoKind } from "./drivers/franz-go.ts";
import { javaKind } from "./drivers/java.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { kcatKind } from "./drivers/kcat.ts";
import { platformaticKind } from "./drivers/platformatic.ts";
import { confluentKind, kafkaPythonKind, newestConfluentKind } from "./drivers/python.ts";

const kinds = [
  javaKind,
  franzGoKind,
  newestConfluentKind,
  kafkajsKind,
  platformaticKind,
  kcatKind,
  confluentKind,
  kafkaPythonKind,
];

describeCross(kinds, kinds);
