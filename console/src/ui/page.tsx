import { useEffect, type ReactNode } from "react";
import { create } from "zustand";

import { ContentLayout, Header } from "./cloudscape";

export interface Crumb {
  text: string;
  /** Address within the console; none for the page itself. */
  to: string;
}

/** Where the person is, told by the page and shown by the shell. */
export const useCrumbs = create<{ crumbs: readonly Crumb[] }>(() => ({ crumbs: [] }));

interface PageProps {
  title: string;
  crumbs?: readonly Crumb[];
  actions?: ReactNode;
  description?: ReactNode;
  counter?: string;
  info?: ReactNode;
  children: ReactNode;
  testid?: string;
}

/** Say what the page is: in the window's title, the breadcrumbs, and the one heading of level 1. */
export function usePlace(title: string, crumbs: readonly Crumb[]): void {
  // What the crumbs say, without their identity: a new array each time is no new place.
  const path = crumbs.map(({ text, to }) => `${text}\n${to}`).join("\n\n");
  useEffect(() => {
    document.title = `${title} · Stepwell`;
    useCrumbs.setState({ crumbs });
  }, [title, path]);
}

export function Page({ title, crumbs = [], actions, description, counter, info, children, testid }: PageProps) {
  usePlace(title, crumbs);
  return (
    <div data-testid={testid}>
      <ContentLayout
        header={
          <Header variant="h1" actions={actions} description={description} info={info} {...(counter && { counter })}>
            {title}
          </Header>
        }
      >
        {children}
      </ContentLayout>
    </div>
  );
}
