import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { CloudscapeLink } from "./cloudscape";

interface LinkProps {
  /** Address within the console: `/machines`. */
  to: string;
  children: ReactNode;
  label?: string;
  variant?: "primary" | "secondary" | "info";
  testid?: string;
}

/** A link within the console: a plain click changes the view, any other click is the browser's. */
export function Link({ to, children, label, variant = "primary", testid }: LinkProps) {
  const router = useRouter();
  const base = router.basepath === "/" ? "" : router.basepath;
  return (
    <CloudscapeLink
      href={base + to}
      variant={variant}
      ariaLabel={label}
      {...(testid && { "data-testid": testid })}
      onFollow={(event) => {
        const { ctrlKey, metaKey, shiftKey, button } = event.detail as { ctrlKey?: boolean; metaKey?: boolean; shiftKey?: boolean; button?: number };
        if (ctrlKey || metaKey || shiftKey || button) return;
        event.preventDefault();
        void router.history.push(base + to);
      }}
    >
      {children}
    </CloudscapeLink>
  );
}
