/** What a person does to the graph, as changes of the text. */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { END_ID, START_ID, type DropPlace } from "@/graph";
import { announce } from "@/ui/announce";

import { blankRule } from "../blueprints";
import { statesOfOffer, type Offer } from "../palette/offers";
import * as arrange from "../text/arrange";
import { fixOf } from "../text/fixes";
import { END, flowsOf, languageOf, stateOf } from "../text/flows";
import { isObject, valueAt, type Path } from "../text/json";
import { pathOf, pointerOf } from "../text/pointer";

import { useStudioStore } from "./store";

/** Where something new goes: on an edge, behind a state, or into a flow that is empty. */
export type Target = { kind: "edge"; id: string } | { kind: "after"; path: Path } | { kind: "empty"; flow: string };

export interface Gestures {
  add: (offer: Offer, target: Target) => Promise<void>;
  /** Where `A` adds: behind the selected state, into its empty flow, or at the end of the definition. */
  here: () => Target | undefined;
  drop: (place: DropPlace, offer: Offer) => Promise<void>;
  connect: (source: string, target: string, kind: arrange.Connection) => void;
  connections: (source: string, target: string) => arrange.Connection[];
  remove: (what: { kind: "state" | "edge"; id: string }) => void;
  duplicate: () => void;
  wrap: (container: "Parallel" | "Map") => void;
  extract: () => void;
  addBranch: () => void;
  fix: () => void;
}

/** Where a thing stands that is dropped beside all edges: behind the last state of its flow that leads out. */
export function lastOf(text: string, flow: string): Target | undefined {
  const found = flowsOf(valueAt(text, [])).find(({ path }) => pointerOf(path) === flow);
  if (!found || found.states.size === 0) return { kind: "empty", flow };
  const open = [...found.states].reverse().find(([, value]) => value.End === true || (value.Next === undefined && !arrange.ends(value)));
  const [name] = open ?? [...found.states.keys()].slice(-1);
  return name === undefined ? undefined : { kind: "after", path: [...found.path, "States", name] };
}

export function useGestures(): Gestures {
  const store = useStudioStore();
  const { t } = useTranslation();
  return useMemo(() => {
    const text = () => store.getState().stack.text;
    const definition = () => store.getState().good.definition;
    const selected = () => store.getState().selected;
    const apply = (arranged: arrange.Arranged | undefined) => {
      if (!store.getState().checked.definition) announce(t("editor.said.broken"));
      else if (!store.getState().arrange(arranged)) announce(t("editor.said.impossible"));
    };
    const placed = (target: Target, added: arrange.NewState) => {
      if (target.kind === "edge") return arrange.insertOnEdge(text(), pathOf(target.id), added) ?? emptyStart(text(), target.id, added);
      return target.kind === "after" ? arrange.addAfter(text(), target.path, added) : arrange.addFirst(text(), pathOf(target.flow), added);
    };
    const add = async (offer: Offer, target: Target) => {
      const added = await statesOfOffer(offer, languageOf(definition(), undefined));
      apply(placed(target, added));
      announce(t("editor.said.added", { name: String(selected()?.at(-1) ?? added.name) }));
    };
    const here = (): Target | undefined => {
      const path = selected();
      return path ? { kind: "after", path } : lastOf(text(), "");
    };
    return {
      add,
      here,
      drop: async (place, offer) => {
        const target: Target | undefined = place.kind === "edge" ? { kind: "edge", id: place.edge.id } : place.kind === "empty" ? { kind: "empty", flow: place.flow } : lastOf(text(), place.flow);
        if (target) await add(offer, target);
      },
      connect: (source, target, kind) => {
        const [path, other] = [pathOf(source), pathOf(target)];
        if (source === START_ID) return apply(arrange.startAt(text(), [], String(other[other.length - 1])));
        if (target === END_ID) return apply(arrange.end(text(), path));
        const language = languageOf(definition(), stateOf(definition(), path)?.value);
        apply(arrange.connect(text(), path, String(other[other.length - 1]), kind, blankRule(language)));
      },
      connections: (source, target) => {
        if (source === START_ID || target === END_ID) return ["next"];
        const value = valueAt(text(), pathOf(source));
        return isObject(value) ? arrange.connectionsOf(value) : [];
      },
      remove: ({ kind, id }) => apply(kind === "state" ? arrange.remove(text(), pathOf(id)) : arrange.redirect(text(), pathOf(id), END)),
      duplicate: () => apply(arrange.duplicate(text(), selected() ?? [])),
      wrap: (container) => apply(arrange.wrap(text(), selected() ?? [], container)),
      extract: () => apply(extracted(text(), selected())),
      addBranch: () => apply(arrange.addBranch(text(), selected() ?? [])),
      fix: () => {
        const fixed = store.getState().problems.map((problem) => fixOf(text(), problem)).find((arranged) => arranged !== undefined);
        if (fixed) apply(fixed);
        else announce(t("editor.said.noFix"));
      },
    };
  }, [store, t]);
}

/** The edge from Start of a definition without states. */
function emptyStart(text: string, edge: string, added: arrange.NewState): arrange.Arranged | undefined {
  return edge.endsWith("/StartAt") ? arrange.addFirst(text, pathOf(edge.slice(0, -"/StartAt".length)), added) : undefined;
}

/** The branch around the selected state goes out of its container, or the first one of the selected container. */
function extracted(text: string, selected: Path | undefined): arrange.Arranged | undefined {
  const place = selected && stateOf(valueAt(text, []), selected);
  if (!place) return undefined;
  if (place.value.Type === "Parallel") return arrange.extract(text, [...place.path, "Branches", 0]);
  if (place.value.Type === "Map") return arrange.extract(text, [...place.path, "Iterator" in place.value ? "Iterator" : "ItemProcessor"]);
  return place.flow.path.length > 0 ? arrange.extract(text, place.flow.path) : undefined;
}
