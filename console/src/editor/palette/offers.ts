/** What can be taken from the palette, by a text that can be dragged. */
import { actionState, blankState, patternStates, PATTERNS, type Pattern } from "../blueprints";
import { STATE_TYPES, type StateType } from "../language";
import type { NewState } from "../text/arrange";
import type { QueryLanguage } from "../text/flows";
import { isObject, type Json, type JsonObject } from "../text/json";

import { argumentsOf } from "./actions";

export const DRAGGED = "application/x-stepwell-state";

export type Offer =
  | { kind: "type"; type: StateType }
  | { kind: "action"; service: string; action: string; pattern: string }
  | { kind: "pattern"; pattern: Pattern }
  | { kind: "snippet"; state: NewState };

/** The states of an offer, in the query language of the place where they go. */
export async function statesOfOffer(offer: Offer, language: QueryLanguage): Promise<NewState> {
  switch (offer.kind) {
    case "type":
      return blankState(offer.type, language);
    case "pattern":
      return patternStates(offer.pattern, language);
    case "snippet":
      return offer.state;
    case "action":
      return actionState(offer.service, offer.action, offer.pattern, language, await argumentsOf(offer.service, offer.action));
  }
}

/** An offer that was dragged here, or undefined for anything else. */
export function draggedOffer(text: string): Offer | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) && isOffer(value) ? (value as unknown as Offer) : undefined;
  } catch {
    return undefined;
  }
}

function isOffer(value: JsonObject): boolean {
  if (value.kind === "type") return STATE_TYPES.some((type) => type === value.type);
  if (value.kind === "pattern") return PATTERNS.some((pattern) => pattern === value.pattern);
  if (value.kind === "action") return [value.service, value.action, value.pattern].every((part) => typeof part === "string");
  return value.kind === "snippet" && isObject(value.state) && typeof value.state.name === "string" && isObject(value.state.value);
}
