import { fetched } from "./fetched";
import { Skeleton } from "./pane";

/** `Code`, fetched when it is first seen: lists do not pay for it. */
export const CodePane = fetched(() => import("./code"), <Skeleton lines={8} />);
