// Written by `python -m tests.console.typescript` from the Python model. Do not edit.

export interface HistoryEvent {
  id: number;
  type: string;
  atMs: number;
  previous: number;
  state: string | null;
  path: ([string, number])[];
  visit: number;
  within: number;
  from: string | null;
  caught: boolean;
  details: Record<string, unknown>;
  cut: string[];
}

export interface Model {
  last: number;
  atMs: number;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  startedMs: number;
  stoppedMs: number | null;
  redrives: number;
  failure: FailureModel | null;
  states: Record<string, StateModel>;
  visits: Record<number, VisitModel>;
}

export interface FailureModel {
  error: string | null;
  cause: string | null;
  state: string | null;
  path: ([string, number])[];
  eventId: number;
}

export interface StateModel {
  type: string;
  status: "running" | "waiting" | "succeeded" | "caught" | "failed" | "aborted" | "timedOut";
  entered: number;
  running: number;
  waiting: number;
  succeeded: number;
  caught: number;
  failed: number;
  aborted: number;
  timedOut: number;
  retries: number;
  visit: number;
  enteredMs: number;
  exitedMs: number | null;
  outcome: "succeeded" | "caught" | "failed" | "aborted" | "timedOut" | null;
  error: string | null;
  cause: string | null;
  next: Record<string, number>;
  iterations: Iterations | null;
}

export interface Iterations {
  total: number;
  started: number;
  succeeded: number;
  failed: number;
  aborted: number;
  mapRunArn: string | null;
}

export interface VisitModel {
  state: string;
  type: string;
  path: ([string, number])[];
  within: number;
  enteredMs: number;
  phase: "running" | "task" | "branches" | "retry" | "timer" | "token" | "worker";
  attempt: number;
  untilMs: number | null;
  error: string | null;
  cause: string | null;
  timedOut: boolean;
  outcome: "succeeded" | "caught" | "failed" | "aborted" | "timedOut" | null;
  blame: number;
}
