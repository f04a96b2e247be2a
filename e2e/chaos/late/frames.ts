/** The requests of a transactional producer, as they pass by. */
import { ByteReader } from "@runnel/kit/byte-reader.ts";
import { peekRequest, readRequestHeader } from "@runnel/protocol/headers.ts";
import { ProduceApi } from "@runnel/protocol/messages/00-produce.ts";
import { AddPartitionsToTxnApi } from "@runnel/protocol/messages/24-add-partitions-to-txn.ts";
import { AddOffsetsToTxnApi } from "@runnel/protocol/messages/25-add-offsets-to-txn.ts";
import { EndTxnApi } from "@runnel/protocol/messages/26-end-txn.ts";
import { TxnOffsetCommitApi } from "@runnel/protocol/messages/28-txn-offset-commit.ts";

export type FrameKind =
  | "Produce"
  | "AddPartitionsToTxn"
  | "AddOffsetsToTxn"
  | "TxnOffsetCommit"
  | "commit"
  | "abort";

/** What a request is, and of which transactional id; null for requests of other kinds. */
export function frameOf(
  bytes: Uint8Array,
): { readonly kind: FrameKind; readonly transactionalId: string | null } | null {
  const reader = new ByteReader(bytes);
  const { apiKey, apiVersion } = peekRequest(reader);
  switch (apiKey) {
    case ProduceApi.key: {
      readRequestHeader(reader, ProduceApi, apiVersion);
      const { transactionalId } = ProduceApi.request.read(reader, apiVersion);
      return { kind: "Produce", transactionalId };
    }
    case AddPartitionsToTxnApi.key: {
      readRequestHeader(reader, AddPartitionsToTxnApi, apiVersion);
      const request = AddPartitionsToTxnApi.request.read(reader, apiVersion);
      const [first] = request.transactions;
      const transactionalId = first?.transactionalId ?? request.v3AndBelowTransactionalId;
      return { kind: "AddPartitionsToTxn", transactionalId };
    }
    case AddOffsetsToTxnApi.key: {
      readRequestHeader(reader, AddOffsetsToTxnApi, apiVersion);
      const { transactionalId } = AddOffsetsToTxnApi.request.read(reader, apiVersion);
      return { kind: "AddOffsetsToTxn", transactionalId };
    }
    case TxnOffsetCommitApi.key: {
      readRequestHeader(reader, TxnOffsetCommitApi, apiVersion);
      const { transactionalId } = TxnOffsetCommitApi.request.read(reader, apiVersion);
      return { kind: "TxnOffsetCommit", transactionalId };
    }
    case EndTxnApi.key: {
      readRequestHeader(reader, EndTxnApi, apiVersion);
      const { transactionalId, committed } = EndTxnApi.request.read(reader, apiVersion);
      return { kind: committed ? "commit" : "abort", transactionalId };
    }
    default:
      return null;
  }
}
