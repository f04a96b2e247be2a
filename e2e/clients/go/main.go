// Command franz-go-driver drives franz-go by lines of JSON on standard input: franz-go-driver HOST:PORT. Each call runs on
// a goroutine of its own, so that a waiting read does not hold up the others.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const timeout = 30 * time.Second

type request struct {
	ID   int             `json:"id"`
	Call string          `json:"call"`
	Args json.RawMessage `json:"args"`
}

type failure struct {
	Code    *int16 `json:"code"`
	Message string `json:"message"`
}

type answer struct {
	ID     int      `json:"id"`
	Result any      `json:"result"`
	Error  *failure `json:"error,omitempty"`
}

type driver struct {
	bootstrap string
	admin     *kadm.Client
	mutex     sync.Mutex
	consumers map[string]*consumer
}

func main() {
	d := &driver{bootstrap: os.Args[1], consumers: map[string]*consumer{}}
	client, err := kgo.NewClient(d.common()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d.admin = kadm.NewClient(client)

	var output sync.Mutex
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var req request
		if err := json.Unmarshal(line, &req); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			result, err := d.call(req)
			text, _ := json.Marshal(answer{req.ID, result, describe(err)})
			output.Lock()
			defer output.Unlock()
			os.Stdout.Write(append(text, '\n'))
		}()
	}
	for _, c := range d.consumers {
		c.close()
	}
	d.admin.Close()
}

func describe(err error) *failure {
	if err == nil {
		return nil
	}
	f := &failure{Message: err.Error()}
	var known *kerr.Error
	if errors.As(err, &known) {
		f.Code = &known.Code
	}
	return f
}

func (d *driver) common(more ...kgo.Opt) []kgo.Opt {
	return append([]kgo.Opt{kgo.SeedBrokers(d.bootstrap), kgo.ClientID("e2e-franz-go"), kgo.MetadataMinAge(50 * time.Millisecond)}, more...)
}

func (d *driver) call(req request) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	switch req.Call {
	case "produce":
		return with(req, func(args produceArgs) (any, error) { return d.produce(ctx, args) })
	case "open":
		return with(req, func(args openArgs) (any, error) { return nil, d.open(ctx, args) })
	case "join":
		return with(req, func(args joinArgs) (any, error) { return nil, d.join(ctx, args) })
	case "read":
		return with(req, func(args readArgs) (any, error) {
			return d.get(args.Consumer).read(args.Count, time.Duration(args.WithinMs)*time.Millisecond)
		})
	case "assignment":
		return with(req, func(args consumerArgs) (any, error) { return d.get(args.Consumer).assignment(), nil })
	case "commit":
		return with(req, func(args consumerArgs) (any, error) { return nil, d.get(args.Consumer).commit(ctx) })
	case "close":
		return with(req, func(args consumerArgs) (any, error) {
			d.get(args.Consumer).close()
			d.mutex.Lock()
			defer d.mutex.Unlock()
			delete(d.consumers, args.Consumer)
			return nil, nil
		})
	default:
		return with(req, func(args adminArgs) (any, error) { return administer(ctx, d.admin, req.Call, args) })
	}
}

// with decodes the arguments of a call and runs it.
func with[T any](req request, run func(T) (any, error)) (any, error) {
	var args T
	if err := json.Unmarshal(req.Args, &args); err != nil {
		return nil, err
	}
	return run(args)
}

func (d *driver) get(name string) *consumer {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.consumers[name]
}

func (d *driver) put(name string, c *consumer) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.consumers[name] = c
}

type produceArgs struct {
	Topic           string   `json:"topic"`
	Records         []record `json:"records"`
	Codec           string   `json:"codec"`
	Acks            int      `json:"acks"`
	Idempotent      bool     `json:"idempotent"`
	RequestBytesMax int32    `json:"requestBytesMax"`
}

func (d *driver) produce(ctx context.Context, args produceArgs) (any, error) {
	codecs := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	acks := map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}
	options := d.common(
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(codecs[args.Codec]),
		kgo.RequiredAcks(acks[args.Acks]),
		kgo.AllowAutoTopicCreation(),
		kgo.ProducerLinger(20*time.Millisecond),
	)
	if !args.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	if args.RequestBytesMax > 0 {
		options = append(options, kgo.ProducerBatchMaxBytes(args.RequestBytesMax))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	records := make([]*kgo.Record, len(args.Records))
	for i, r := range args.Records {
		records[i] = r.toKafka(args.Topic)
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	if args.Acks == 0 {
		return map[string]any{"lastOffsets": nil}, nil
	}
	last := map[int32]int64{}
	for _, r := range records {
		last[r.Partition] = r.Offset
	}
	return map[string]any{"lastOffsets": last}, nil
}
