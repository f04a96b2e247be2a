import { describeCross } from "./cross.ts";
import { kafkajsKind } from "./drivers/kafkajs.ts";
import { kcatKind } from "./drivers/kcat.ts";
import { platformaticKind } from "./drivers/platformatic.ts";
import { confluentKind, kafkaPythonKind } from "./drivers/python.ts";

const kinds = [kafkajsKind, platformaticKind, kcatKind, confluentKind, kafkaPythonKind];

describeCross(kinds, kinds);
