package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
)

type adminArgs struct {
	Topic      string             `json:"topic"`
	Partition  int32              `json:"partition"`
	Partitions json.RawMessage    `json:"partitions"`
	Count      int                `json:"count"`
	Configs    map[string]*string `json:"configs"`
	Name       string             `json:"name"`
	Value      *string            `json:"value"`
	Before     int64              `json:"before"`
	At         any                `json:"at"`
	Group      string             `json:"group"`
	Offsets    map[string]int64   `json:"offsets"`
}

func administer(ctx context.Context, admin *kadm.Client, call string, args adminArgs) (any, error) {
	switch call {
	case "createTopic":
		var count int32
		if err := json.Unmarshal(args.Partitions, &count); err != nil {
			return nil, err
		}
		_, err := admin.CreateTopic(ctx, count, -1, args.Configs, args.Topic)
		return nil, err
	case "listTopics":
		topics, err := admin.ListTopics(ctx)
		return topics.Names(), err
	case "countPartitions":
		topics, err := admin.ListTopics(ctx, args.Topic)
		return len(topics[args.Topic].Partitions), err
	case "createPartitions":
		responses, err := admin.UpdatePartitions(ctx, args.Count, args.Topic)
		return nil, first(err, responses.Error())
	case "deleteTopic":
		_, err := admin.DeleteTopic(ctx, args.Topic)
		return nil, err
	case "describeConfig":
		return describeConfig(ctx, admin, args)
	case "alterConfig":
		change := kadm.AlterConfig{Op: kadm.SetConfig, Name: args.Name, Value: args.Value}
		responses, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, args.Topic)
		if err != nil {
			return nil, err
		}
		return nil, responses[0].Err
	case "deleteRecords":
		before := kadm.Offsets{}
		before.AddOffset(args.Topic, args.Partition, args.Before, -1)
		responses, err := admin.DeleteRecords(ctx, before)
		return nil, first(err, responses.Error())
	case "listOffset":
		return listOffset(ctx, admin, args)
	default:
		return administerGroup(ctx, admin, call, args)
	}
}

func administerGroup(ctx context.Context, admin *kadm.Client, call string, args adminArgs) (any, error) {
	switch call {
	case "listGroups":
		groups, err := admin.ListGroups(ctx)
		return groups.Groups(), err
	case "describeGroup":
		groups, err := admin.DescribeGroups(ctx, args.Group)
		described := groups[args.Group]
		return map[string]any{"state": described.State, "memberCount": len(described.Members)}, first(err, described.Err)
	case "committedOffsets":
		committed := map[int32]int64{}
		responses, err := admin.FetchOffsets(ctx, args.Group)
		responses.Each(func(offset kadm.OffsetResponse) {
			if offset.Topic == args.Topic && offset.At >= 0 {
				committed[offset.Partition] = offset.At
			}
		})
		return committed, err
	case "alterOffsets":
		offsets := kadm.Offsets{}
		for partition, offset := range args.Offsets {
			number, err := strconv.Atoi(partition)
			if err != nil {
				return nil, err
			}
			offsets.AddOffset(args.Topic, int32(number), offset, -1)
		}
		responses, err := admin.CommitOffsets(ctx, args.Group, offsets)
		return nil, first(err, responses.Error())
	case "deleteOffsets":
		var partitions []int32
		if err := json.Unmarshal(args.Partitions, &partitions); err != nil {
			return nil, err
		}
		deleted := kadm.TopicsSet{}
		deleted.Add(args.Topic, partitions...)
		responses, err := admin.DeleteOffsets(ctx, args.Group, deleted)
		return nil, first(err, responses.Error())
	case "deleteGroup":
		_, err := admin.DeleteGroup(ctx, args.Group)
		return nil, err
	default:
		return nil, fmt.Errorf("no call %s", call)
	}
}

func describeConfig(ctx context.Context, admin *kadm.Client, args adminArgs) (any, error) {
	resources, err := admin.DescribeTopicConfigs(ctx, args.Topic)
	if err != nil {
		return nil, err
	}
	for _, config := range resources[0].Configs {
		if config.Key == args.Name {
			return config.Value, nil
		}
	}
	return nil, resources[0].Err
}

func listOffset(ctx context.Context, admin *kadm.Client, args adminArgs) (any, error) {
	var listed kadm.ListedOffsets
	var err error
	switch at := args.At.(type) {
	case float64:
		listed, err = admin.ListOffsetsAfterMilli(ctx, int64(at), args.Topic)
	default:
		if at == "earliest" {
			listed, err = admin.ListStartOffsets(ctx, args.Topic)
		} else {
			listed, err = admin.ListEndOffsets(ctx, args.Topic)
		}
	}
	offset, _ := listed.Lookup(args.Topic, args.Partition)
	// franz-go turns "no such record" into the end of the partition, with no time of a record.
	if _, isTime := args.At.(float64); isTime && offset.Timestamp < 0 {
		return -1, first(err, offset.Err)
	}
	return offset.Offset, first(err, offset.Err)
}

func first(failures ...error) error {
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}
