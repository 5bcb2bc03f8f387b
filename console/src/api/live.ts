import { readAddress, type Counts, type ExecutionRow } from "./reads";

/** What the server tells of lists while they are looked at. After a `gap` more happened than was told: ask again. */
export type LiveEvent =
  | { name: "executions"; data: ExecutionRow[] }
  | { name: "counts"; data: Counts }
  | { name: "machines"; data: Record<never, never> }
  | { name: "gap"; data: Record<never, never> };

const NAMES = ["executions", "counts", "machines", "gap"] as const;
const AGAIN_MS = 2_000;

type Listener = (event: LiveEvent) => void;

/** Keeps a stream open until it is told to end, whatever happens to the server meanwhile. */
function hold(topics: string, tell: Listener, ended: AbortSignal): void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let opened = false;
  const open = () => {
    source = new EventSource(readAddress("stream", { topics }));
    for (const name of NAMES) {
      source.addEventListener(name, (event) => tell({ name, data: JSON.parse((event as MessageEvent<string>).data) } as LiveEvent));
    }
    source.onopen = () => {
      if (opened) tell({ name: "gap", data: {} }); // what happened while it was closed was not told
      opened = true;
    };
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    };
  };
  open();
  ended.addEventListener("abort", () => {
    clearTimeout(again);
    source?.close();
  });
}

/**
 * Follow topics of the server's stream. Over HTTP/1.1 a browser allows six connections to a server, for all tabs together:
 * tabs that follow the same topics share one, which the first of them holds. Answers how to stop.
 */
export function follow(topics: string, listener: Listener): () => void {
  const ended = new AbortController();
  if (!navigator.locks) {
    hold(topics, listener, ended.signal);
    return () => ended.abort();
  }
  const name = `stepwell ${topics}`;
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event: MessageEvent<LiveEvent>) => listener(event.data);
  const tell: Listener = (event) => {
    channel.postMessage(event);
    listener(event);
  };
  const lead = () =>
    new Promise<void>((resolve) => {
      hold(topics, tell, ended.signal);
      ended.signal.addEventListener("abort", () => resolve());
    });
  navigator.locks.request(name, { signal: ended.signal }, lead).catch(() => undefined); // ended before it led
  return () => {
    ended.abort();
    channel.close();
  };
}
