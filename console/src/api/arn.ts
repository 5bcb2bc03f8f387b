/** What an ARN of the service says in its seventh and later parts. */
export interface ArnParts {
  kind: string;
  machine: string;
  /** Label of a distributed Map, if the ARN is of one of its children or runs. */
  label: string | null;
  /** Name of an execution, number of a version, name of an alias, id of a Map Run. */
  name: string | null;
  prefix: string;
}

export function arnParts(arn: string): ArnParts {
  const [scheme, partition, service, region, account, kind = "", resource = "", ...rest] = arn.split(":");
  const [machine = "", label = null] = resource.split("/");
  return { kind, machine, label, name: rest.length ? rest.join(":") : null, prefix: [scheme, partition, service, region, account].join(":") };
}

/** The state machine that an execution, version, alias or Map Run belongs to. */
export function machineArnOf(arn: string): string {
  const { prefix, machine } = arnParts(arn);
  return `${prefix}:stateMachine:${machine}`;
}

export function isExpress(arn: string): boolean {
  return arnParts(arn).kind === "express";
}
