/**
 * WriteTxnMarkers (key 27), v1, which the client library lacks: with it an administrator ends a
 * transaction that nobody else will (KIP-664).
 *
 *   request   markers: [producerId int64, producerEpoch int16, isCommit bool,
 *                       topics: [name, partitions: [int32]], coordinatorEpoch int32]
 *   response  markers: [producerId int64, topics: [name, partitions: [partition int32, errorCode int16]]]
 */
import { createAPI, type Reader, Writer } from "@platformatic/kafka";

const KEY = 27;
const VERSION = 1;

export interface AbortMarker {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
}

export interface MarkerOutcome {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
}

function createRequest(marker: AbortMarker): Writer {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = marker;
  return Writer.create()
    .appendArray([marker], (markers) => {
      markers
        .appendInt64(producerId)
        .appendInt16(producerEpoch)
        .appendBoolean(false)
        .appendArray([topic], (topics, name) => {
          topics
            .appendString(name)
            .appendArray(
              [partition],
              (partitions, index) => partitions.appendInt32(index),
              true,
              false,
            );
        })
        .appendInt32(coordinatorEpoch);
    })
    .appendTaggedFields();
}

function parseResponse(
  _correlationId: number,
  _key: number,
  _version: number,
  reader: Reader,
): readonly MarkerOutcome[] {
  const markers = reader.readArray((marker) => {
    marker.readInt64();
    return marker.readArray((topics) => {
      const topic = topics.readString();
      const partitions = topics.readArray((each) => {
        return { partition: each.readInt32(), errorCode: each.readInt16() };
      });
      return partitions.map((each) => ({ topic, ...each }));
    });
  });
  reader.readTaggedFields();
  return markers.flat(2);
}

export const writeTxnMarkers = createAPI<[AbortMarker], readonly MarkerOutcome[]>(
  KEY,
  VERSION,
  createRequest,
  parseResponse,
);
