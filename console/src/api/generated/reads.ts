// Written by `python -m tests.console.typescript` from the Python model. Do not edit.

import type { HistoryEvent, Model } from "./history";

export interface ExecutionPage {
  rows: ExecutionRow[];
  cursor: string | null;
  total: number | null;
  totalIsMore: boolean;
  searchedBackToMs: number | null;
}

export interface ExecutionRow {
  arn: string;
  name: string;
  machineArn: string;
  machineName: string;
  type: "STANDARD" | "EXPRESS";
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  startedMs: number;
  stoppedMs: number | null;
  version: number | null;
  alias: string | null;
  redrives: number;
  redrivenMs: number | null;
  mapRunArn: string | null;
  state: string | null;
  error: string | null;
}

export interface Picture {
  model: Model;
  lastEventId: number;
}

export interface EventPage {
  events: HistoryEvent[];
  lastEventId: number;
}

export interface OneEvent {
  event: HistoryEvent;
}

export interface IterationPage {
  rows: IterationRow[];
  cursor: string | null;
  counts: IterationCounts;
  groups: ErrorGroup[];
  groupsAreAll: boolean;
  mapRunArn: string | null;
}

export interface IterationRow {
  index: number;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";
  startedMs: number | null;
  stoppedMs: number | null;
  error: string | null;
  cause: string | null;
  state: string | null;
  eventId: number | null;
  childArn: string | null;
}

export interface IterationCounts {
  total: number;
  started: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
}

export interface ErrorGroup {
  error: string;
  count: number;
}

export interface VisitLogs {
  invocations: InvocationLog[];
  isLocal: boolean;
}

export interface InvocationLog {
  requestId: string;
  function: string;
  startedMs: number;
  logGroup: string | null;
  lines: PrintedLine[];
  isComplete: boolean;
}

export interface PrintedLine {
  atMs: number;
  stream: string;
  text: string;
}

export interface StatusNow {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  stoppedMs: number | null;
  waits: Record<number, Awaited>;
}

export interface Awaited {
  phase: "running" | "task" | "branches" | "retry" | "timer" | "token" | "worker";
  untilMs: number | null;
}

export interface Gap {
  lastEventId: number;
}

export interface Bye {
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
}

export interface Metrics {
  fromMs: number;
  toMs: number;
  bucketMs: number;
  buckets: Bucket[];
  machines: MachineFigures[];
  completeFromMs: number;
}

export interface Bucket {
  started: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  p50Ms: number | null;
  p95Ms: number | null;
  startMs: number;
}

export interface MachineFigures {
  started: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  p50Ms: number | null;
  p95Ms: number | null;
  arn: string;
  name: string;
  type: "STANDARD" | "EXPRESS";
  running: number;
  lastFailureMs: number | null;
}

export interface StateMetrics {
  executions: number;
  states: StateFigures[];
}

export interface StateFigures {
  state: string;
  type: string;
  visits: number;
  failed: number;
  caught: number;
  retries: number;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface Overview {
  version: string;
  account: string;
  region: string;
  startedMs: number;
  nowMs: number;
  counts: Counts;
  store: StoreFigures;
  access: string;
}

export interface Counts {
  running: number;
  started: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  expressRunning: number;
  childrenRunning: number;
}

export interface StoreFigures {
  groups: number;
  commits: number;
  bisected: number;
  errors: number;
  broken: boolean;
}

export interface MachinePage {
  rows: MachineRow[];
  cursor: string | null;
}

export interface MachineRow {
  arn: string;
  name: string;
  type: "STANDARD" | "EXPRESS";
  status: "ACTIVE" | "DELETING";
  createdMs: number;
  updatedMs: number | null;
  revisionId: string | null;
  comment: string | null;
  tags: Record<string, string>;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  countsAreMore: boolean;
  lastFailureMs: number | null;
}

export interface ActivityQueues {
  rows: ActivityQueueRow[];
}

export interface ActivityQueueRow {
  arn: string;
  name: string;
  createdMs: number;
  pollers: number;
  waiting: number;
  oldestWaitMs: number | null;
  workers: WorkerRow[];
}

export interface WorkerRow {
  name: string;
  seenMs: number;
  polling: boolean;
  tasks: number;
}

export interface Workers {
  rows: PlacedWorkerRow[];
}

export interface PlacedWorkerRow {
  name: string;
  seenMs: number;
  polling: boolean;
  tasks: number;
  activityArn: string;
  activityName: string;
}

export interface Job {
  id: string;
  action: "stop" | "redrive" | "start";
  state: "running" | "finished" | "cancelled";
  startedMs: number;
  finishedMs: number | null;
  found: number;
  searching: boolean;
  done: number;
  succeeded: number;
  failed: number;
  errors: JobError[];
  errorsAreMore: boolean;
}

export interface JobError {
  arn: string;
  code: string;
  message: string;
}

export interface JobPage {
  rows: Job[];
}

export interface Document {
  key: string;
  updatedMs: number;
  content: unknown;
}

export interface Documents {
  rows: DocumentInfo[];
}

export interface DocumentInfo {
  key: string;
  updatedMs: number;
  bytes: number;
}
