/** The graph as text: a tree of states with the words of their statuses, for those who cannot or would rather not see the picture. */
import { useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Flow, Graph, GraphEdge, GraphNode } from "./asl";
import { useStatus, useSurroundings } from "./surroundings";
import { useWords } from "./words";

interface OutlineProps {
  graph: Graph;
  folded: ReadonlySet<string>;
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
}

interface Item {
  node: GraphNode;
  edges: GraphEdge[];
  level: number;
}

function items(flow: Flow, folded: ReadonlySet<string>, level = 1): Item[] {
  return flow.nodes
    .filter((node) => node.mark !== "start" && node.mark !== "end")
    .flatMap((node) => {
      const edges = flow.edges.filter((edge) => edge.source === node.id);
      const inner = folded.has(node.id) ? [] : node.lanes.flatMap((lane) => items(lane, folded, level + 1));
      return [{ node, edges, level }, ...inner];
    });
}

export function Outline({ graph, folded, selected, onSelect }: OutlineProps): ReactNode {
  const { t } = useTranslation();
  const { onFold } = useSurroundings();
  const list = items(graph.flow, folded);
  const [cursor, setCursor] = useState(selected);
  const tree = useRef<HTMLDivElement>(null);
  const at = Math.max(0, list.findIndex(({ node }) => node.id === (cursor ?? selected)));
  const move = (to: number) => {
    const item = list[Math.min(Math.max(to, 0), list.length - 1)];
    if (!item) return;
    setCursor(item.node.id);
    tree.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(item.node.id)}"]`)?.focus();
  };
  const turn = (open: boolean) => {
    const node = list[at]?.node;
    if (!node?.lanes.length) return;
    if (folded.has(node.id) === open) onFold(node.id);
    else if (open) move(at + 1);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const act = {
      ArrowDown: () => move(at + 1),
      ArrowUp: () => move(at - 1),
      Home: () => move(0),
      End: () => move(list.length - 1),
      ArrowRight: () => turn(true),
      ArrowLeft: () => turn(false),
      Enter: () => onSelect(list[at]?.node.id),
      " ": () => onSelect(list[at]?.node.id),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div ref={tree} role="tree" aria-label={t("graph.outline")} className="sw-outline" data-testid="graph-outline" onKeyDown={onKeyDown}>
      {list.map((item, index) => (
        <OutlineItem
          key={item.node.id}
          {...item}
          isFolded={folded.has(item.node.id)}
          isStop={index === at}
          isPicked={item.node.id === selected}
          onPick={() => {
            setCursor(item.node.id);
            onSelect(item.node.id);
          }}
        />
      ))}
    </div>
  );
}

interface ItemProps extends Item {
  isFolded: boolean;
  isStop: boolean;
  isPicked: boolean;
  onPick: () => void;
}

function OutlineItem({ node, edges, level, isFolded, isStop, isPicked, onPick }: ItemProps): ReactNode {
  const { t } = useTranslation();
  const { names } = useSurroundings();
  const words = useWords();
  const status = useStatus(node);
  const leads = edges.map((edge) => {
    const target = names.get(edge.target);
    const name = target ? words.nameOf(target) : "";
    return edge.label ? t("graph.leadsIf", { name, when: edge.label }) : name;
  });
  return (
    <div
      role="treeitem"
      tabIndex={isStop ? 0 : -1}
      aria-level={level}
      aria-selected={isPicked}
      aria-expanded={node.lanes.length > 0 ? !isFolded : undefined}
      data-id={node.id}
      data-state={node.name}
      data-status={status?.status}
      style={{ paddingInlineStart: `${level * 1.25}rem` }}
      onClick={onPick}
    >
      <strong>{words.nameOf(node)}</strong>
      <span className="sw-outline-detail">{words.detailOf(node)}</span>
      {status && (
        <span className="sw-outline-status" data-status={status.status}>
          {words.statusOf(status)}
        </span>
      )}
      {leads.length > 0 && <span className="sw-outline-ways">{t("graph.leads", { targets: leads.join(", ") })}</span>}
    </div>
  );
}
