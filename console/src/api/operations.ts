import type { TestStateInput, TestStateOutput } from "./generated/service";

/** The members of the API's operations that the console uses. Times are seconds since 1970 UTC. */
export type Seconds = number;
export type MachineType = "STANDARD" | "EXPRESS";
export type ExecutionStatus = "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED" | "PENDING_REDRIVE";

export interface Tag {
  key: string;
  value: string;
}

export interface RoutingEntry {
  stateMachineVersionArn: string;
  weight: number;
}

export interface Machine {
  stateMachineArn: string;
  name: string;
  status?: "ACTIVE" | "DELETING";
  definition: string;
  roleArn: string;
  type: MachineType;
  creationDate: Seconds;
  revisionId?: string;
  description?: string;
  label?: string;
  loggingConfiguration?: { level?: string; includeExecutionData?: boolean };
  tracingConfiguration?: { enabled?: boolean };
}

export interface MachineOfExecution extends Omit<Machine, "creationDate" | "status" | "description"> {
  updateDate: Seconds;
  mapRunArn?: string;
}

export interface Execution {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: Seconds;
  stopDate?: Seconds;
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  traceHeader?: string;
  mapRunArn?: string;
  stateMachineVersionArn?: string;
  stateMachineAliasArn?: string;
  redriveCount?: number;
  redriveDate?: Seconds;
  redriveStatus?: "REDRIVABLE" | "NOT_REDRIVABLE" | "REDRIVABLE_BY_MAP_RUN";
  redriveStatusReason?: string;
}

export interface Version {
  stateMachineVersionArn: string;
  creationDate: Seconds;
}

export interface AliasItem {
  stateMachineAliasArn: string;
  creationDate: Seconds;
}

export interface Alias extends AliasItem {
  name: string;
  description?: string;
  routingConfiguration: RoutingEntry[];
  updateDate?: Seconds;
}

export interface MapCounts {
  pending: number;
  running: number;
  succeeded: number;
  failed: number;
  timedOut: number;
  aborted: number;
  total: number;
  resultsWritten: number;
  failuresNotRedrivable?: number;
  pendingRedrive?: number;
}

export interface MapRun {
  mapRunArn: string;
  executionArn: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  startDate: Seconds;
  stopDate?: Seconds;
  maxConcurrency: number;
  toleratedFailurePercentage: number;
  toleratedFailureCount: number;
  itemCounts: MapCounts;
  executionCounts: MapCounts;
  redriveCount?: number;
  redriveDate?: Seconds;
}

export interface MapRunItem {
  executionArn: string;
  mapRunArn: string;
  stateMachineArn: string;
  startDate: Seconds;
  stopDate?: Seconds;
}

export interface Diagnostic {
  severity: "ERROR" | "WARNING";
  code: string;
  message: string;
  location?: string;
}

interface Call<Input, Output> {
  input: Input;
  output: Output;
}

type Page = { maxResults?: number; nextToken?: string };
type Nothing = Record<string, never>;

/** Each operation by its name in the service model. */
export interface Operations {
  DescribeStateMachine: Call<{ stateMachineArn: string }, Machine>;
  DescribeStateMachineForExecution: Call<{ executionArn: string }, MachineOfExecution>;
  CreateStateMachine: Call<
    { name: string; definition: string; roleArn: string; type?: MachineType; publish?: boolean; versionDescription?: string },
    { stateMachineArn: string; creationDate: Seconds; stateMachineVersionArn?: string }
  >;
  UpdateStateMachine: Call<
    { stateMachineArn: string; definition?: string; roleArn?: string; publish?: boolean; versionDescription?: string },
    { updateDate: Seconds; revisionId?: string; stateMachineVersionArn?: string }
  >;
  DeleteStateMachine: Call<{ stateMachineArn: string }, Nothing>;
  ValidateStateMachineDefinition: Call<
    { definition: string; type?: MachineType; severity?: "ERROR" | "WARNING"; maxResults?: number },
    { result: "OK" | "FAIL"; diagnostics: Diagnostic[]; truncated?: boolean }
  >;
  PublishStateMachineVersion: Call<
    { stateMachineArn: string; revisionId?: string; description?: string },
    { stateMachineVersionArn: string; creationDate: Seconds }
  >;
  ListStateMachineVersions: Call<{ stateMachineArn: string } & Page, { stateMachineVersions: Version[]; nextToken?: string }>;
  DeleteStateMachineVersion: Call<{ stateMachineVersionArn: string }, Nothing>;
  ListStateMachineAliases: Call<{ stateMachineArn: string } & Page, { stateMachineAliases: AliasItem[]; nextToken?: string }>;
  DescribeStateMachineAlias: Call<{ stateMachineAliasArn: string }, Alias>;
  CreateStateMachineAlias: Call<
    { name: string; description?: string; routingConfiguration: RoutingEntry[] },
    { stateMachineAliasArn: string; creationDate: Seconds }
  >;
  UpdateStateMachineAlias: Call<
    { stateMachineAliasArn: string; description?: string; routingConfiguration?: RoutingEntry[] },
    { updateDate: Seconds }
  >;
  DeleteStateMachineAlias: Call<{ stateMachineAliasArn: string }, Nothing>;
  ListTagsForResource: Call<{ resourceArn: string }, { tags: Tag[] }>;
  TagResource: Call<{ resourceArn: string; tags: Tag[] }, Nothing>;
  UntagResource: Call<{ resourceArn: string; tagKeys: string[] }, Nothing>;
  StartExecution: Call<{ stateMachineArn: string; name?: string; input?: string }, { executionArn: string; startDate: Seconds }>;
  StopExecution: Call<{ executionArn: string; error?: string; cause?: string }, { stopDate: Seconds }>;
  RedriveExecution: Call<{ executionArn: string }, { redriveDate: Seconds }>;
  DescribeExecution: Call<{ executionArn: string }, Execution>;
  DescribeMapRun: Call<{ mapRunArn: string }, MapRun>;
  ListMapRuns: Call<{ executionArn: string } & Page, { mapRuns: MapRunItem[]; nextToken?: string }>;
  UpdateMapRun: Call<
    { mapRunArn: string; maxConcurrency?: number; toleratedFailureCount?: number; toleratedFailurePercentage?: number },
    Nothing
  >;
  TestState: Call<TestStateInput, TestStateOutput>;
  CreateActivity: Call<{ name: string }, { activityArn: string; creationDate: Seconds }>;
  DeleteActivity: Call<{ activityArn: string }, Nothing>;
}
