/**
 * InitProducerId (key 22), v0–5: gives an idempotent producer its id.
 *
 * v2 flexible · v3 the id and epoch the producer has (KIP-360; they matter to transactions only) ·
 * v4 PRODUCER_FENCED · v5 nothing new. Not served: transactional ids, answered with
 * UNSUPPORTED_VERSION, which every client reports at once as something this broker cannot do.
 * Errors: CLUSTER_AUTHORIZATION_FAILED, INVALID_REQUEST for an empty transactional id and for only one
 * of producer id and epoch.
 */
import { ErrorCode } from "@runnel/protocol/errors.ts";
import { InitProducerIdApi } from "@runnel/protocol/messages/22-init-producer-id.ts";
import { NO_PRODUCER_ID } from "@runnel/protocol/records/batch.ts";
import { CLUSTER_RESOURCE } from "#auth/authorizer.ts";
import type { AdminServices } from "./admin-services.ts";
import type { Handler } from "./handler.ts";

export const initProducerId: Handler<typeof InitProducerIdApi, AdminServices> = {
  api: InitProducerIdApi,
  versions: [0, 5],
  async handle(request, { authorizer, producerIds }, { principal }) {
    const { transactionalId } = request;
    if (transactionalId === "") return refused(ErrorCode.INVALID_REQUEST);
    const hasId = request.producerId !== NO_PRODUCER_ID;
    if (hasId !== (request.producerEpoch !== NO_EPOCH)) return refused(ErrorCode.INVALID_REQUEST);
    if (transactionalId !== null) {
      return authorizer.allows(principal, "write", "transactionalId", transactionalId)
        ? refused(ErrorCode.UNSUPPORTED_VERSION)
        : refused(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    }
    if (!authorizer.allows(principal, "idempotentWrite", "cluster", CLUSTER_RESOURCE)) {
      return refused(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    }
    const producerId = await producerIds.next();
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 };
  },
};

const NO_EPOCH = -1;

function refused(errorCode: ErrorCode) {
  return { throttleTimeMs: 0, errorCode, producerId: -1n, producerEpoch: -1 };
}
