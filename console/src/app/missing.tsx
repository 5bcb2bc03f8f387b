import { useTranslation } from "react-i18next";

import { Link } from "@/ui/link";
import { Page } from "@/ui/page";

export function Missing() {
  const { t } = useTranslation();
  return (
    <Page title={t("app.missing.title")} testid="missing">
      <p>{t("app.missing.text")}</p>
      <Link to="/">{t("app.missing.home")}</Link>
    </Page>
  );
}
