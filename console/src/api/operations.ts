import type { DescribeExecutionOutput, DescribeStateMachineOutput, Operations } from "./generated/service";

/** The API's operations and shapes, under the names that the console speaks of. Times are seconds since 1970 UTC. */
export type {
  DescribeMapRunOutput as MapRun,
  DescribeStateMachineAliasOutput as Alias,
  DescribeStateMachineForExecutionOutput as MachineOfExecution,
  Operations,
  StateMachineVersionListItem as Version,
  ValidateStateMachineDefinitionDiagnostic as Diagnostic,
} from "./generated/service";

export type Execution = DescribeExecutionOutput;
export type Machine = DescribeStateMachineOutput;
export type ExecutionStatus = Execution["status"];
export type MachineType = Machine["type"];
export type OperationName = keyof Operations;
