package main

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type place struct {
	topic     string
	partition int32
}

// consumer polls on a goroutine of its own and keeps what came.
type consumer struct {
	client    *kgo.Client
	stop      context.CancelFunc
	done      chan struct{}
	mutex     sync.Mutex
	changed   chan struct{}
	records   []record
	failure   error
	positions map[place]kgo.EpochOffset
	owned     map[place]bool
}

type position struct {
	Kind      string `json:"kind"`
	Offset    int64  `json:"offset"`
	Timestamp int64  `json:"timestamp"`
}

type openArgs struct {
	Consumer   string   `json:"consumer"`
	Topic      string   `json:"topic"`
	Partitions []int32  `json:"partitions"`
	From       position `json:"from"`
}

type joinArgs struct {
	Consumer   string   `json:"consumer"`
	Group      string   `json:"group"`
	Topics     []string `json:"topics"`
	Assignor   string   `json:"assignor"`
	InstanceID string   `json:"instanceId"`
}

type readArgs struct {
	Consumer string `json:"consumer"`
	Count    int    `json:"count"`
	WithinMs int64  `json:"withinMs"`
}

type consumerArgs struct {
	Consumer string `json:"consumer"`
}

func (d *driver) open(ctx context.Context, args openArgs) error {
	offsets := map[int32]kgo.Offset{}
	for _, partition := range args.Partitions {
		switch args.From.Kind {
		case "beginning":
			offsets[partition] = kgo.NewOffset().AtStart()
		case "offset":
			offsets[partition] = kgo.NewOffset().At(args.From.Offset)
		case "timestamp":
			offsets[partition] = kgo.NewOffset().AfterMilli(args.From.Timestamp)
		case "end":
			// Asked for here, so that the position is known when this call returns.
			ends, err := d.admin.ListEndOffsets(ctx, args.Topic)
			if err != nil {
				return err
			}
			end, _ := ends.Lookup(args.Topic, partition)
			offsets[partition] = kgo.NewOffset().At(end.Offset)
		}
	}
	c := newConsumer()
	return d.start(args.Consumer, c, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{args.Topic: offsets}))
}

func (d *driver) join(ctx context.Context, args joinArgs) error {
	c := newConsumer()
	joined := make(chan struct{})
	var once sync.Once
	balancer := kgo.RangeBalancer()
	if args.Assignor == "cooperative" {
		balancer = kgo.CooperativeStickyBalancer()
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(args.Group),
		kgo.ConsumeTopics(args.Topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.Balancers(balancer),
		kgo.SessionTimeout(10 * time.Second),
		kgo.HeartbeatInterval(300 * time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
			c.own(assigned, true)
			once.Do(func() { close(joined) })
		}),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, revoked map[string][]int32) { c.own(revoked, false) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) { c.own(lost, false) }),
	}
	if args.InstanceID != "" {
		options = append(options, kgo.InstanceID(args.InstanceID))
	}
	if err := d.start(args.Consumer, c, options...); err != nil {
		return err
	}
	select {
	case <-joined:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func newConsumer() *consumer {
	return &consumer{
		done: make(chan struct{}), changed: make(chan struct{}, 1),
		positions: map[place]kgo.EpochOffset{}, owned: map[place]bool{},
	}
}

func (d *driver) start(name string, c *consumer, options ...kgo.Opt) error {
	client, err := kgo.NewClient(d.common(append(options, kgo.FetchMaxWait(100*time.Millisecond))...)...)
	if err != nil {
		return err
	}
	c.client = client
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	d.put(name, c)
	go c.poll(ctx)
	return nil
}

func (c *consumer) poll(ctx context.Context) {
	defer close(c.done)
	for ctx.Err() == nil {
		fetches := c.client.PollFetches(ctx)
		c.mutex.Lock()
		fetches.EachRecord(func(r *kgo.Record) { c.records = append(c.records, fromKafka(r)) })
		fetches.EachError(func(topic string, partition int32, err error) {
			if !errors.Is(err, context.Canceled) && !errors.Is(err, kgo.ErrClientClosed) {
				c.failure = fmt.Errorf("%s/%d: %w", topic, partition, err)
			}
		})
		c.mutex.Unlock()
		select {
		case c.changed <- struct{}{}:
		default:
		}
	}
}

func (c *consumer) read(count int, within time.Duration) (any, error) {
	deadline := time.After(within)
	for isLate := false; ; {
		c.mutex.Lock()
		if c.failure != nil {
			defer c.mutex.Unlock()
			return nil, c.failure
		}
		if len(c.records) >= count || isLate {
			defer c.mutex.Unlock()
			return c.take(count), nil
		}
		c.mutex.Unlock()
		select {
		case <-c.changed:
		case <-deadline:
			isLate = true
		}
	}
}

func (c *consumer) take(count int) []record {
	count = min(count, len(c.records))
	taken := c.records[:count:count]
	c.records = c.records[count:]
	for _, r := range taken {
		c.positions[place{r.Topic, r.Partition}] = kgo.EpochOffset{Epoch: -1, Offset: r.Offset + 1}
	}
	return taken
}

func (c *consumer) own(changed map[string][]int32, isMine bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for topic, partitions := range changed {
		for _, partition := range partitions {
			if isMine {
				c.owned[place{topic, partition}] = true
			} else {
				delete(c.owned, place{topic, partition})
			}
		}
	}
}

func (c *consumer) assignment() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	names := []string{}
	for where := range c.owned {
		names = append(names, fmt.Sprintf("%s/%d", where.topic, where.partition))
	}
	sort.Strings(names)
	return names
}

// commit covers what this member still has only: the rest is another member's to commit.
func (c *consumer) commit(ctx context.Context) error {
	c.mutex.Lock()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for where, offset := range c.positions {
		if c.owned[where] {
			if offsets[where.topic] == nil {
				offsets[where.topic] = map[int32]kgo.EpochOffset{}
			}
			offsets[where.topic][where.partition] = offset
		}
	}
	c.mutex.Unlock()
	var failure error
	c.client.CommitOffsetsSync(ctx, offsets, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, response *kmsg.OffsetCommitResponse, err error) {
		failure = err
		if err == nil {
			for _, topic := range response.Topics {
				for _, partition := range topic.Partitions {
					failure = first(failure, kerr.ErrorForCode(partition.ErrorCode))
				}
			}
		}
	})
	return failure
}

func (c *consumer) close() {
	c.stop()
	<-c.done
	c.client.Close()
}
