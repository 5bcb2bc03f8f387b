import { consolePath } from "./base";
import { ask, failureOf } from "./failure";
import type { ExecutionStatus, MachineType } from "./operations";

/** Milliseconds since 1970 UTC. */
export type Millis = number;

export interface ExecutionRow {
  arn: string;
  name: string;
  machineArn: string;
  machineName: string;
  type: MachineType;
  status: ExecutionStatus;
  startedMs: Millis;
  stoppedMs: Millis | null;
  version: number | null;
  alias: string | null;
  redrives: number;
  redrivenMs: Millis | null;
  mapRunArn: string | null;
  state: string | null;
  error: string | null;
}

export interface ExecutionPage {
  rows: ExecutionRow[];
  cursor: string | null;
  total: number | null;
  totalIsMore: boolean;
  searchedBackToMs: Millis | null;
}

export interface Counts {
  running: number;
  started: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  expressRunning: number;
}

export interface Bucket {
  startMs: Millis;
  started: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface MachineFigures extends Omit<Bucket, "startMs"> {
  arn: string;
  name: string;
  type: MachineType;
  running: number;
  lastFailureMs: Millis | null;
}

export interface Metrics {
  fromMs: Millis;
  toMs: Millis;
  bucketMs: number;
  buckets: Bucket[];
  machines: MachineFigures[];
  completeFromMs: Millis;
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
  startedMs: Millis;
  nowMs: Millis;
  counts: Counts;
  store: { groups: number; commits: number; bisected: number; errors: number; broken: boolean };
  access: string;
}

export interface MachineRow {
  arn: string;
  name: string;
  type: MachineType;
  status: "ACTIVE" | "DELETING";
  createdMs: Millis;
  updatedMs: Millis | null;
  revisionId: string | null;
  tags: Record<string, string>;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  countsAreMore: boolean;
  lastFailureMs: Millis | null;
  comment: string | null;
}

export interface WorkerRow {
  name: string;
  seenMs: Millis;
  polling: boolean;
  tasks: number;
}

export interface ActivityRow {
  arn: string;
  name: string;
  createdMs: Millis;
  pollers: number;
  waiting: number;
  oldestWaitMs: number | null;
  workers: WorkerRow[];
}

export interface IterationRow {
  index: number;
  status: ExecutionStatus;
  startedMs: Millis | null;
  stoppedMs: Millis | null;
  error: string | null;
  cause: string | null;
  state: string | null;
  eventId: number | null;
  childArn: string | null;
}

export interface IterationPage {
  rows: IterationRow[];
  cursor: string | null;
  counts: Record<"total" | "started" | "running" | "succeeded" | "failed" | "timedOut" | "aborted", number>;
  groups: { error: string; count: number }[];
  groupsAreAll: boolean;
  mapRunArn: string | null;
}

export type JobAction = "stop" | "redrive" | "start";

export interface Job {
  id: string;
  action: JobAction;
  state: "running" | "finished" | "cancelled";
  startedMs: Millis;
  finishedMs: Millis | null;
  found: number;
  searching: boolean;
  done: number;
  succeeded: number;
  failed: number;
  errors: { arn: string; code: string; message: string }[];
  errorsAreMore: boolean;
}

export interface Document<Content> {
  key: string;
  updatedMs: Millis;
  content: Content;
}

type Parameters = Record<string, string | number | null | undefined>;

/** The address of a console read: parameters without a value are left out. */
export function readAddress(path: string, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${consolePath()}api/${path}${given.length ? `?${query}` : ""}`;
}

async function request<Answer>(method: string, address: string, body?: unknown, signal?: AbortSignal): Promise<Answer> {
  const answer = await ask(address, {
    method,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  if (!answer.ok) throw await failureOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

/** `GET` of a console read. Throws `ApiFailure` or `NoAnswer`. */
export function read<Answer>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer> {
  return request<Answer>("GET", readAddress(path, parameters), undefined, signal);
}

export interface Search {
  query: string;
  machine?: string | undefined;
  cursor?: string | null;
  limit?: number;
}

export function searchExecutions(search: Search, signal?: AbortSignal): Promise<ExecutionPage> {
  return read("executions", { ...search }, signal);
}

/** Path of an execution's reads, to which `/model`, `/events` and the like are added. */
export function executionPath(arn: string): string {
  return `executions/${encodeURIComponent(arn)}`;
}

export const jobs = {
  start: (job: { action: JobAction; query: string; machine?: string | undefined; error?: string; cause?: string }) =>
    request<Job>("POST", readAddress("jobs"), job),
  list: () => read<{ rows: Job[] }>("jobs"),
  get: (id: string) => read<Job>(`jobs/${encodeURIComponent(id)}`),
  cancel: (id: string) => request<Job>("DELETE", readAddress(`jobs/${encodeURIComponent(id)}`)),
};

export type DocumentKind = "layout" | "sample" | "draft" | "filter" | "snippet";

function documentAddress(kind: DocumentKind, key: string): string {
  return readAddress(`documents/${kind}/${encodeURIComponent(key)}`);
}

/** Small values that the server keeps for this user. */
export const documents = {
  list: (kind: DocumentKind) => read<{ rows: { key: string; updatedMs: Millis; bytes: number }[] }>(`documents/${kind}`),
  get: <Content>(kind: DocumentKind, key: string) => request<Document<Content>>("GET", documentAddress(kind, key)),
  put: <Content>(kind: DocumentKind, key: string, content: Content) =>
    request<Document<Content>>("PUT", documentAddress(kind, key), { content }),
  remove: (kind: DocumentKind, key: string) => request<void>("DELETE", documentAddress(kind, key)),
};
