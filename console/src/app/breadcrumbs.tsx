import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { BreadcrumbGroup } from "@/ui/cloudscape";
import type { Crumb } from "@/ui/page";

export function Breadcrumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  const { t } = useTranslation();
  const router = useRouter();
  const base = router.basepath === "/" ? "" : router.basepath;
  return (
    <BreadcrumbGroup
      ariaLabel={t("app.breadcrumbs")}
      items={crumbs.map(({ text, to }) => ({ text, href: base + to }))}
      onFollow={(event) => {
        event.preventDefault();
        router.history.push(event.detail.href);
      }}
    />
  );
}
