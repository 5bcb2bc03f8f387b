/** Over HTTP/1.1 a browser has six connections to a server, for all its tabs together. Streams take this many at most. */
const STREAMS_MAX = 4;

/**
 * Wait for one of the streams that this browser may hold; it is given back when `ended` aborts. Resolves when it is there, which
 * is at once while there are any.
 */
export function takeStream(ended: AbortSignal): Promise<void> {
  if (!navigator.locks) return Promise.resolve(); // not a secure context: tabs know nothing of each other
  return new Promise((resolve) => {
    const enough = new AbortController();
    const hold = () => {
      if (enough.signal.aborted) return undefined;
      enough.abort(); // of all places one is wanted
      resolve();
      return new Promise<void>((release) => ended.addEventListener("abort", () => release()));
    };
    ended.addEventListener("abort", () => enough.abort());
    for (let place = 1; place <= STREAMS_MAX; place += 1) {
      navigator.locks.request(`stepwell stream ${place}`, { signal: enough.signal }, hold).catch(() => undefined); // another place came first
    }
  });
}

/** Do something as long as the page is in sight: a tab that nobody looks at holds no stream. Answers how to stop. */
export function whileInSight(begin: () => () => void): () => void {
  let end: (() => void) | undefined;
  const look = () => {
    if (document.visibilityState === "visible") {
      end ??= begin();
    } else {
      end?.();
      end = undefined;
    }
  };
  look();
  document.addEventListener("visibilitychange", look);
  return () => {
    document.removeEventListener("visibilitychange", look);
    end?.();
  };
}
