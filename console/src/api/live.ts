import { readAddress, type Counts, type ExecutionRow } from "./reads";
import { takeStream, whileInSight } from "./slots";

/** What the server tells of lists while they are looked at. After a `gap` more happened than was told: ask again. */
export type LiveEvent =
  | { name: "executions"; data: ExecutionRow[] }
  | { name: "counts"; data: Counts }
  | { name: "machines"; data: Record<never, never> }
  | { name: "gap"; data: Record<never, never> };

const NAMES = ["executions", "counts", "machines", "gap"] as const;
const AGAIN_MS = 2_000;

type Listener = (event: LiveEvent) => void;

/** Keeps a stream open until it is told to end, whatever happens to the server; until it can be had, all is to be asked again. */
function hold(topics: string, tell: Listener, ended: AbortSignal): void {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  const asking = setInterval(() => tell({ name: "gap", data: {} }), AGAIN_MS);
  const open = () => {
    source = new EventSource(readAddress("stream", { topics }));
    for (const name of NAMES) {
      source.addEventListener(name, (event) => tell({ name, data: JSON.parse((event as MessageEvent<string>).data) } as LiveEvent));
    }
    source.onopen = () => tell({ name: "gap", data: {} }); // what happened before it was open, or while it was closed, was not told
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS);
    };
  };
  void takeStream(ended).then(() => {
    clearInterval(asking);
    open();
  });
  ended.addEventListener("abort", () => {
    clearInterval(asking);
    clearTimeout(again);
    source?.close();
  });
}

/**
 * Follow topics of the server's stream while the page is in sight. Tabs that follow the same topics share one stream, which the
 * first of them holds. Answers how to stop.
 */
export function follow(topics: string, listener: Listener): () => void {
  let isFirst = true;
  return whileInSight(() => {
    if (!isFirst) listener({ name: "gap", data: {} }); // nothing was told while the page was out of sight
    isFirst = false;
    return share(topics, listener);
  });
}

function share(topics: string, listener: Listener): () => void {
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
