/** The broker's own topics: made by it when it needs them. */
import { IoError } from "@runnel/kit/errors.ts";
import { ErrorCode, errorName } from "@runnel/protocol/errors.ts";
import type { Controller } from "./controller.ts";
import type { NewTopic } from "./create-topics.ts";
import { AS_WRITTEN } from "./own-topics.ts";

/** Makes an internal topic where it is missing. Rejects with `IoError` where it cannot be made. */
export async function createInternalTopic(
  controller: Pick<Controller, "createTopics">,
  topic: NewTopic,
): Promise<void> {
  const options = { isValidateOnly: false, isInternal: true };
  const [name, value] = AS_WRITTEN;
  const whole = { ...topic, configs: [...topic.configs, { name, value }] };
  const [created] = await controller.createTopics([whole], options);
  const code = created?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS) return;
  const reason = created?.message ?? errorName(code);
  throw new IoError("RUNNEL_INTERNAL_TOPIC", `${topic.name} could not be created: ${reason}`);
}
