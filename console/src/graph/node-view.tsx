/** How nodes look: a state, a container with its lanes, and the marks at start and end. */
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { GraphNode } from "./asl";
import { HEADER, type Box } from "./elk";
import { PATTERN_GLYPHS, statusGlyph, typeGlyph } from "./glyphs";
import type { StateStatus } from "./status";
import { useStatus, useSurroundings } from "./surroundings";
import { Countdown, IterationBar, IterationCounts } from "./progress-view";
import { useWords } from "./words";

export type NodeData = { box: Box; isActive: boolean; isPicked: boolean; isOpenToLinks: boolean };
export type CanvasNode = Node<NodeData, "state" | "container" | "mark">;
type Props = NodeProps<CanvasNode>;

/** The DOM id of a node. */
export function domId(prefix: string, id: string): string {
  return `${prefix}${encodeURIComponent(id)}`;
}

function Glyph({ path, className = "" }: { path: string; className?: string }): ReactNode {
  return (
    <svg className={`sw-glyph ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

function Badge({ status }: { status: StateStatus }): ReactNode {
  const words = useWords();
  return (
    <span className="sw-badge-place">
      <span className="sw-badge" data-status={status.status} data-testid="graph-status">
        <Glyph path={statusGlyph(status.status)} />
        {words.statusOf(status)}
        <Countdown until={status.status === "waiting" ? status.until : undefined} />
      </span>
    </span>
  );
}

/** The name in at most two lines, and what the state does. */
function Texts({ node, status }: { node: GraphNode; status?: StateStatus | undefined }): ReactNode {
  const words = useWords();
  const { pattern } = node.detail;
  return (
    <span className="sw-texts">
      <span className="sw-name">{words.nameOf(node)}</span>
      <span className="sw-detail">
        {pattern && <Glyph path={PATTERN_GLYPHS[pattern]} className="sw-pattern" />}
        <span>{words.detailOf(node)}</span>
        {status?.iterations && <IterationCounts of={status.iterations} />}
      </span>
    </span>
  );
}

/** What every node says of itself to tests, styles and assistive technology. */
function useFacts(props: Props): Record<string, string | undefined> & { id: string } {
  const { node } = props.data.box;
  const { marks, prefix, isLive } = useSurroundings();
  const status = useStatus(node);
  const words = useWords();
  const name = words.describe(node, status);
  return {
    id: domId(prefix, node.id),
    role: node.lanes.length > 0 ? "group" : "img", // a container holds the button that folds it
    "aria-label": name,
    title: name,
    "data-testid": "graph-node",
    "data-state": node.mark === "start" || node.mark === "end" ? undefined : node.name,
    "data-mark": node.mark,
    "data-type": node.type || undefined,
    "data-status": status?.status ?? (isLive && !node.mark ? "notReached" : undefined),
    "data-remark": marks.get(node.id),
    "data-reached": String(node.reached),
    "data-active": String(props.data.isActive),
    "data-picked": String(props.data.isPicked),
  };
}

/** Where edges begin and end; while editing, new ones can be drawn from there. */
function Links({ data }: Props): ReactNode {
  const { mark } = data.box.node;
  const isOpen = data.isOpenToLinks;
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={isOpen && mark !== "start"} />
      <Handle type="source" position={Position.Bottom} isConnectable={isOpen && mark !== "end" && mark !== "missing"} />
    </>
  );
}

function FoldButton({ box }: { box: Box }): ReactNode {
  const { onFold } = useSurroundings();
  const { t } = useTranslation();
  if (box.node.lanes.length === 0) return null;
  const label = t(box.folded ? "graph.unfold" : "graph.fold", { name: box.node.name });
  const press = (event: { stopPropagation: () => void }) => {
    event.stopPropagation();
    onFold(box.node.id);
  };
  return (
    <button type="button" tabIndex={-1} className="sw-fold nodrag" aria-label={label} title={label} onClick={press}>
      <Glyph path={box.folded ? "M6 3.5 10.5 8 6 12.5" : "M3.5 6 8 10.5 12.5 6"} />
    </button>
  );
}

export const StateView = memo(function StateView(props: Props) {
  const { box } = props.data;
  const status = useStatus(box.node);
  return (
    <div className="sw-node" {...useFacts(props)}>
      <Glyph path={typeGlyph(box.node.type)} className="sw-tile" />
      <Texts node={box.node} status={status} />
      <FoldButton box={box} />
      {status && <Badge status={status} />}
      {status?.iterations && <IterationBar of={status.iterations} />}
      <Links {...props} />
    </div>
  );
});

export const ContainerView = memo(function ContainerView(props: Props) {
  const { box } = props.data;
  const status = useStatus(box.node);
  return (
    <div className="sw-node sw-container" {...useFacts(props)}>
      <div className="sw-header" style={{ height: HEADER }}>
        <Glyph path={typeGlyph(box.node.type)} className="sw-tile" />
        <Texts node={box.node} status={status} />
        <FoldButton box={box} />
        {status?.iterations && <IterationBar of={status.iterations} />}
      </div>
      {box.lanes.map(({ x, y, width, height }, index) => (
        <div key={index} className="sw-lane" data-testid="graph-lane" style={{ left: x - box.x, top: y - box.y, width, height }} />
      ))}
      {status && <Badge status={status} />}
      <Links {...props} />
    </div>
  );
});

export const MarkView = memo(function MarkView(props: Props) {
  const { node } = props.data.box;
  return (
    <div className="sw-node sw-mark" {...useFacts(props)}>
      {useWords().nameOf(node)}
      <Links {...props} />
    </div>
  );
});
