/** The handler of every route: what is not in this list is not served. */
import type { RouteName } from "@runnel/contracts/paths.ts";
import { listAudit } from "./audit-routes.ts";
import {
  changeBrokerConfigs,
  getBroker,
  getBrokerConfigs,
  listBrokers,
  listReplicas,
} from "./brokers.ts";
import { getCluster } from "./cluster.ts";
import { deleteRecords } from "./delete-records.ts";
import { readEvents, readKey, readLatest } from "./events.ts";
import { deleteGroup, deleteOffsets, resetOffsets } from "./group-changes.ts";
import { getGroup, listGroupOffsets, listGroups } from "./groups.ts";
import { getHistogram } from "./histogram.ts";
import { getMetricHistory, listMetricSeries } from "./metrics-routes.ts";
import { listPartitions } from "./partitions.ts";
import { produce } from "./produce.ts";
import { listHeldPartitions, listProducers } from "./producers.ts";
import type { V1Handler } from "./serve.ts";
import { createTopic, deleteTopic, growTopic } from "./topic-changes.ts";
import { changeTopicConfigs, getTopicConfigs } from "./topic-configs.ts";
import { listTopicGroups } from "./topic-groups.ts";
import { getTopic, getTopicDefaults, listTopics } from "./topics.ts";
import { abortHanging, abortTransaction } from "./transaction-changes.ts";
import { getTransaction, listTransactionPartitions, listTransactions } from "./transactions.ts";

export const HANDLERS: { readonly [N in RouteName]: V1Handler<N> } = {
  getCluster,
  listBrokers,
  getBroker,
  listReplicas,
  getBrokerConfigs,
  changeBrokerConfigs,
  listTopics,
  createTopic,
  getTopicDefaults,
  getTopic,
  growTopic,
  deleteTopic,
  listPartitions,
  getTopicConfigs,
  changeTopicConfigs,
  listTopicGroups,
  readEvents,
  readKey,
  readLatest,
  getHistogram,
  produce,
  deleteRecords,
  listGroups,
  getGroup,
  deleteGroup,
  listGroupOffsets,
  resetOffsets,
  deleteOffsets,
  listTransactions,
  getTransaction,
  listTransactionPartitions,
  abortTransaction,
  listHeldPartitions,
  listProducers,
  abortHanging,
  listMetricSeries,
  getMetricHistory,
  listAudit,
};
