package main

import (
	"encoding/base64"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// record is a Kafka record as JSON: []byte is base64, and nil is null.
type record struct {
	Topic     string   `json:"topic"`
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   [][2]any `json:"headers"`
}

func (r record) toKafka(topic string) *kgo.Record {
	converted := &kgo.Record{Topic: topic, Partition: r.Partition, Key: r.Key, Value: r.Value}
	if r.Timestamp > 0 {
		converted.Timestamp = time.UnixMilli(r.Timestamp)
	}
	for _, header := range r.Headers {
		var value []byte
		if text, isText := header[1].(string); isText {
			value = fromBase64(text)
		}
		converted.Headers = append(converted.Headers, kgo.RecordHeader{Key: header[0].(string), Value: value})
	}
	return converted
}

func fromKafka(r *kgo.Record) record {
	converted := record{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli(),
		Key: r.Key, Value: r.Value, Headers: [][2]any{},
	}
	for _, header := range r.Headers {
		converted.Headers = append(converted.Headers, [2]any{header.Key, header.Value})
	}
	return converted
}

// fromBase64 never returns nil: an empty text is an empty value, not null.
func fromBase64(text string) []byte {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	if decoded == nil {
		return []byte{}
	}
	return decoded
}
