import { createRootRoute, createRoute, createRouter, parseSearchWith, stringifySearchWith, useNavigate, useParams, useRouter } from "@tanstack/react-router";
import type { ComponentType, ReactNode } from "react";

import { consolePath } from "@/api/base";
import { startLayout } from "@/graph/elk-worker";
import { parseEditorSearch } from "@/screens/editor/search";
import { parseExecutionSearch } from "@/screens/execution/search";
import { parseExecutionsSearch } from "@/screens/executions/search";
import { parseMachineSearch } from "@/screens/machine/search";
import { parseMachinesSearch } from "@/screens/machines/search";
import { parseMapRunSearch } from "@/screens/map-run/search";
import { fetched } from "@/ui/fetched";
import { Skeleton } from "@/ui/pane";
import type { RawSearch, ScreenProps } from "@/ui/screen";

import { Missing } from "./missing";
import { Shell } from "./shell";
import { isUnfetched, Unreachable } from "./unreachable";

const root = createRootRoute({ component: Shell, notFoundComponent: Missing });

type Fetch<Search extends object> = () => Promise<{ default: ComponentType<ScreenProps<Search>> }>;

/** A route whose view is fetched when it is first gone to, and whose state is its address; `prepare` begins what else it will need. */
function view<Search extends object>(path: string, fetch: Fetch<Search>, parse: (raw: RawSearch) => Search, prepare = () => {}) {
  const Screen = fetched<ScreenProps<Search>>(() => fetch().catch(standIn), <Skeleton lines={8} />);
  function View() {
    const { arn = "" } = useParams({ strict: false }) as { arn?: string };
    const search = route.useSearch() as Search;
    const navigate = useNavigate();
    const router = useRouter();
    const props: ScreenProps<Search> = {
      arn,
      search,
      onSearch: (change, push) =>
        void navigate({ to: ".", search: ((before: Search) => ({ ...before, ...change })) as never, replace: push !== "push" }),
      onGo: (to) => router.history.push((router.basepath === "/" ? "" : router.basepath) + to),
    };
    return <Screen {...props} key={arn} />;
  }
  const loader = () => {
    Screen.prepare(); // while the texts are still on their way
    prepare();
  };
  const route = createRoute({ getParentRoute: () => root, path, validateSearch: parse, component: View, loader });
  return route;
}

/** A server that is gone is no fault of a view. */
function standIn(error: unknown): { default: () => ReactNode } {
  if (!isUnfetched(error)) throw error;
  return { default: Unreachable };
}

const nothing = () => ({});

const routes = [
  view("/", () => import("@/screens/dashboard/dashboard-screen"), nothing),
  view("/machines", () => import("@/screens/machines/machines-screen"), parseMachinesSearch),
  view("/machines/$arn/edit", () => import("@/screens/editor/editor-screen"), parseEditorSearch, startLayout),
  view("/create", () => import("@/screens/editor/editor-screen"), parseEditorSearch, startLayout),
  view("/machines/$arn", () => import("@/screens/machine/machine-screen"), parseMachineSearch),
  view("/executions", () => import("@/screens/executions/executions-screen"), parseExecutionsSearch),
  view("/executions/$arn", () => import("@/screens/execution/execution-screen"), parseExecutionSearch, startLayout),
  view("/map-runs/$arn", () => import("@/screens/map-run/map-run-screen"), parseMapRunSearch),
  view("/activities", () => import("@/screens/activities/activities-screen"), nothing),
  view("/settings", () => import("@/screens/settings/settings-screen"), nothing),
];

/** Values of an address are plain text, so that people can read and write them. The view of the address is fetched at once. */
export function makeRouter() {
  const router = createRouter({
    routeTree: root.addChildren(routes),
    basepath: consolePath().replace(/\/$/, "") || "/",
    parseSearch: parseSearchWith((value) => value),
    stringifySearch: stringifySearchWith(String),
    defaultPreload: false,
    scrollRestoration: true,
  });
  void router.load();
  return router;
}
