/** The graph of a definition, for whoever wants to show one. */
export { END_ID, readGraph, START_ID, walk, walkEdges, type Flow, type Graph as ReadGraph, type GraphEdge, type GraphNode, type Way } from "./asl";
export type { Arrangement } from "./arrangement";
export type { Editing } from "./editing";
export type { DropPlace } from "./drop";
export type { Picture } from "./export";
export { drawWhole, pictureFile, type PictureKind } from "./files";
export { Graph, type GraphHandle, type GraphProps } from "./graph";
export { startLayout } from "./elk-worker";
export { STATUS_WORDS, StatusStore, transitionKey, type StateStatus, type StatusSource, type StatusWord } from "./status";
export type { NodeMark } from "./surroundings";
export { useWords } from "./words";
