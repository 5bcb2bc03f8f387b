import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { SideNavigation } from "@/ui/cloudscape";

import { PAGES } from "./pages";

/** The page that an address belongs to: `/machines/arn…` is one of the state machines, and a Map Run a part of an execution; none if
 * it leads nowhere. */
function pageOf(place: string): string {
  if (place.startsWith("/map-runs")) return "/executions";
  if (place.startsWith("/create")) return "/machines";
  return PAGES.find(({ to }) => (to === "/" ? place === "" || place === "/" : place.startsWith(to)))?.to ?? "";
}

export function SideBar({ place }: { place: string }) {
  const { t } = useTranslation();
  const router = useRouter();
  const base = router.basepath === "/" ? "" : router.basepath;
  const within = place.startsWith(base) ? place.slice(base.length) : place;
  return (
    <SideNavigation
      activeHref={pageOf(within) && base + pageOf(within)}
      items={PAGES.map(({ to, name }) => ({ type: "link" as const, text: t(`app.navigation.${name}`), href: base + to }))}
      onFollow={(event) => {
        event.preventDefault();
        router.history.push(event.detail.href);
      }}
    />
  );
}
