import { consolePath } from "./base";
import { ask, failureOf } from "./failure";
import type { Document as AnyDocument, Documents, ExecutionPage, Job, JobPage } from "./generated/reads";

export type {
  ActivityQueueRow as ActivityRow,
  Bucket,
  Counts,
  EventPage,
  ExecutionPage,
  ExecutionRow,
  InvocationLog,
  IterationPage,
  IterationRow,
  Job,
  MachineFigures,
  MachineRow,
  Metrics,
  Overview,
  Picture,
  StateFigures,
  VisitLogs,
  WorkerRow,
} from "./generated/reads";

export type JobAction = Job["action"];

/** A document whose content is what was put there. */
export type Document<Content> = Omit<AnyDocument, "content"> & { content: Content };

type Parameters = Record<string, string | number | null | undefined>;

/** The address of a console read: parameters without a value are left out. */
export function readAddress(path: string, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return `${consolePath()}api/${path}${given.length ? `?${query}` : ""}`;
}

const KEPT_ALIVE_BYTES_MAX = 30_000; // browsers refuse more than 64 KiB, of all such requests together

interface Request {
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Go on when the page goes away meanwhile, unless the body is too large for that. */
  outlives?: boolean;
}

async function request<Answer>(method: string, address: string, { body, signal, outlives = false }: Request = {}): Promise<Answer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const answer = await ask(address, {
    method,
    keepalive: outlives && new Blob([text]).size <= KEPT_ALIVE_BYTES_MAX,
    ...(body !== undefined && { headers: { "content-type": "application/json" }, body: text }),
    ...(signal && { signal }),
  });
  if (!answer.ok) throw await failureOf(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as Answer;
}

/** `GET` of a console read. Throws `ApiFailure` or `NoAnswer`. */
export function read<Answer>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<Answer> {
  return request<Answer>("GET", readAddress(path, parameters), { signal });
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
    request<Job>("POST", readAddress("jobs"), { body: job }),
  list: () => read<JobPage>("jobs"),
  get: (id: string) => read<Job>(`jobs/${encodeURIComponent(id)}`),
  cancel: (id: string) => request<Job>("DELETE", readAddress(`jobs/${encodeURIComponent(id)}`)),
};

export type DocumentKind = "layout" | "sample" | "draft" | "filter" | "snippet";

function documentAddress(kind: DocumentKind, key: string): string {
  return readAddress(`documents/${kind}/${encodeURIComponent(key)}`);
}

/** Small values that the server keeps for this user. */
export const documents = {
  list: (kind: DocumentKind) => read<Documents>(`documents/${kind}`),
  get: <Content>(kind: DocumentKind, key: string) => request<Document<Content>>("GET", documentAddress(kind, key)),
  put: <Content>(kind: DocumentKind, key: string, content: Content, how: Pick<Request, "outlives"> = {}) =>
    request<Document<Content>>("PUT", documentAddress(kind, key), { body: { content }, ...how }),
  remove: (kind: DocumentKind, key: string, how: Pick<Request, "outlives"> = {}) =>
    request<void>("DELETE", documentAddress(kind, key), how),
};
