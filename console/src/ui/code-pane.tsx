import { lazy, Suspense, type ComponentProps } from "react";

import { Skeleton } from "./pane";

const Code = lazy(() => import("./code"));

/** `Code`, fetched when it is first seen: lists do not pay for it. */
export function CodePane(props: ComponentProps<typeof Code>) {
  return (
    <Suspense fallback={<Skeleton lines={8} />}>
      <Code {...props} />
    </Suspense>
  );
}
