type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function* mapsIn(flow: unknown): Generator<JsonObject> {
  if (!isObject(flow) || !isObject(flow.States)) return;
  for (const state of Object.values(flow.States)) {
    if (!isObject(state)) continue;
    if (state.Type === "Map") yield state;
    for (const inner of [state.ItemProcessor, ...(Array.isArray(state.Branches) ? (state.Branches as unknown[]) : [])]) yield* mapsIn(inner);
  }
}

/**
 * What the children of a distributed Map run, out of the definition that the Map is in: the API does not tell it for Express ones.
 * A Map without a label has one that the service made, so it is found only where it is the only one without.
 */
export function flowOfChildren(definition: string, label: string): string | undefined {
  const isDistributed = ({ ItemProcessor: flow }: JsonObject) => isObject(flow) && isObject(flow.ProcessorConfig) && flow.ProcessorConfig.Mode === "DISTRIBUTED";
  const maps = [...mapsIn(JSON.parse(definition))].filter(isDistributed);
  const unnamed = maps.filter((map) => map.Label === undefined);
  const map = maps.find((one) => one.Label === label) ?? (unnamed.length === 1 ? unnamed[0] : undefined);
  return map && JSON.stringify(map.ItemProcessor, null, 2);
}
