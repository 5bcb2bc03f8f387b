import { useEffect, useState, type ComponentType, type ReactNode } from "react";

/**
 * A component whose code is fetched when it is first drawn, with something that stands for it meanwhile; `prepare` begins to fetch it
 * before. If it cannot be fetched, what draws it throws why, and the next one that is drawn tries again.
 *
 * React's own `lazy` would do, but for its rule that what stands for it is shown for 300 ms at least: here it goes when the code is there.
 */
export function fetched<Props extends object>(fetch: () => Promise<{ default: ComponentType<Props> }>, standIn: ReactNode = null) {
  let Here: ComponentType<Props> | undefined;
  const bring = async () => {
    Here ??= (await fetch()).default;
  };
  function Fetched(props: Props): ReactNode {
    const [outcome, setOutcome] = useState<{ error?: unknown }>();
    useEffect(() => {
      if (Here) return;
      let isDrawn = true;
      const tell = (found: { error?: unknown }) => isDrawn && setOutcome(found);
      bring().then(() => tell({}), (error: unknown) => tell({ error }));
      return () => {
        isDrawn = false;
      };
    }, []);
    if (outcome && "error" in outcome) throw outcome.error;
    return Here ? <Here {...props} /> : standIn;
  }
  return Object.assign(Fetched, { prepare: () => void bring().catch(() => undefined) }); // who draws it is told
}
