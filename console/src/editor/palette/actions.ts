/** The actions that Tasks can call, asked of the server once each. */
import { useQuery } from "@tanstack/react-query";

import { read } from "@/api/reads";

import type { ArgumentSchema } from "../blueprints";

export interface Action {
  name: string;
  /** "" is request-response, then `sync`, `sync:2` and `waitForTaskToken`. */
  patterns: string[];
  /** Whether this server can perform it. */
  available: boolean;
}

export interface Services {
  optimized: { name: string; actions: Action[] }[];
  sdk: string[];
}

interface Described {
  service: string;
  action: string;
  arguments: ArgumentSchema | null;
}

const FOREVER = { staleTime: Infinity, gcTime: Infinity, retry: 1 };

export function useServices() {
  return useQuery({ queryKey: ["actions"], queryFn: ({ signal }) => read<Services>("actions", {}, signal), ...FOREVER });
}

export function useSdkActions(service: string | undefined) {
  return useQuery({
    queryKey: ["actions", service],
    queryFn: ({ signal }) => read<{ actions: string[] }>("actions", { of: service }, signal),
    enabled: service !== undefined,
    ...FOREVER,
  });
}

function described(service: string, action: string, signal?: AbortSignal): Promise<Described> {
  return read<Described>("actions", { of: service, action }, signal);
}

/** The schema of an action's arguments, `null` where no model tells. */
export function useArguments(resource: { service: string; action: string } | undefined) {
  const { service = "", action = "" } = resource ?? {};
  return useQuery({
    queryKey: ["actions", service, action],
    queryFn: ({ signal }) => described(service, action, signal),
    enabled: resource !== undefined,
    select: (answer) => answer.arguments,
    ...FOREVER,
  });
}

/** The same, once; an action that cannot be asked about has no schema. */
export async function argumentsOf(service: string, action: string): Promise<ArgumentSchema | null> {
  return described(service, action).then((answer) => answer.arguments, () => null);
}

export interface Resource {
  service: string;
  action: string;
  pattern: string;
}

/** What a Resource names, if it is an action of a service. */
export function resourceOf(arn: unknown): Resource | undefined {
  const found = typeof arn === "string" ? /^arn:[^:]+:states:::((?:aws-sdk:)?[a-z0-9-]+):([A-Za-z0-9]+)(?:\.(.+))?$/.exec(arn) : null;
  return found ? { service: found[1] ?? "", action: found[2] ?? "", pattern: found[3] ?? "" } : undefined;
}
