/** States that a person keeps to use them again, in the console's store. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { documents } from "@/api/reads";

import { EXIT, type NewState } from "../text/arrange";
import type { JsonObject } from "../text/json";

const KEY = ["snippets"];

export interface Snippet {
  name: string;
  state: NewState;
}

export function useSnippets() {
  return useQuery({
    queryKey: KEY,
    queryFn: async (): Promise<Snippet[]> => {
      const { rows } = await documents.list("snippet");
      const found = await Promise.all(rows.map(({ key }) => documents.get<NewState>("snippet", key)));
      return found.map(({ key, content }) => ({ name: key, state: content })).sort((one, other) => one.name.localeCompare(other.name));
    },
    retry: false,
    staleTime: 60_000,
  });
}

export function useKeepSnippet() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, value }: { name: string; value: JsonObject }) => documents.put("snippet", name, { name, value: alone(value) } satisfies NewState),
    onSuccess: () => client.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDropSnippet() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (name: string) => documents.remove("snippet", name), onSuccess: () => client.invalidateQueries({ queryKey: KEY }) });
}

/** A state without its ways to states that will not be there: all lead out. */
function alone(value: JsonObject): JsonObject {
  const { Next: _next, End: _end, Default, Catch: _catch, ...rest } = value;
  const choices = Array.isArray(value.Choices) ? value.Choices.map((rule) => ({ ...(rule as JsonObject), Next: EXIT })) : undefined;
  return { ...rest, ...(choices && { Choices: choices }), ...(Default !== undefined && { Default: EXIT }) };
}
