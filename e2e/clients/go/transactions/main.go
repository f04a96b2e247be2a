// Command transactions drives transactional producers of franz-go by lines of JSON: transactions HOST:PORT. One call after
// the other; producers have names.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const timeout = 20 * time.Second

type request struct {
	ID   int    `json:"id"`
	Call string `json:"call"`
	Args args   `json:"args"`
}

type args struct {
	Producer        string `json:"producer"`
	TransactionalID string `json:"transactionalId"`
	TimeoutMs       int    `json:"timeoutMs"`
	Topic           string `json:"topic"`
	Partition       int32  `json:"partition"`
	Value           string `json:"value"`
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
	producers map[string]*kgo.Client
}

func main() {
	d := &driver{bootstrap: os.Args[1], producers: map[string]*kgo.Client{}}
	input := bufio.NewReader(os.Stdin)
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
		reply := answer{ID: req.ID}
		if err := d.call(req.Call, req.Args); err != nil {
			reply.Error = &failure{Message: err.Error()}
		}
		text, _ := json.Marshal(reply)
		os.Stdout.Write(append(text, '\n'))
	}
	for _, producer := range d.producers {
		producer.Close()
	}
}

func (d *driver) call(name string, a args) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	if name == "start" {
		return d.start(ctx, a)
	}
	producer := d.producers[a.Producer]
	switch name {
	case "begin":
		return producer.BeginTransaction()
	case "send":
		record := &kgo.Record{Topic: a.Topic, Partition: a.Partition, Value: []byte(a.Value)}
		return producer.ProduceSync(ctx, record).FirstErr()
	case "commit":
		return producer.EndTransaction(ctx, kgo.TryCommit)
	case "abort":
		return producer.EndTransaction(ctx, kgo.TryAbort)
	case "close":
		delete(d.producers, a.Producer)
		producer.Close()
		return nil
	}
	return fmt.Errorf("no call %s", name)
}

func (d *driver) start(ctx context.Context, a args) error {
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(d.bootstrap),
		kgo.ClientID("e2e-franz-go"),
		kgo.TransactionalID(a.TransactionalID),
		kgo.TransactionTimeout(time.Duration(a.TimeoutMs)*time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if err != nil {
		return err
	}
	// Begins as a producer now, not with its first record.
	if _, _, err := producer.ProducerID(ctx); err != nil {
		return err
	}
	d.producers[a.Producer] = producer
	return nil
}
