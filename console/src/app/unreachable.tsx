import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { consolePath } from "@/api/base";
import { Alert } from "@/ui/cloudscape";
import { Page } from "@/ui/page";

const EACH_MS = 2_000;

/** Whether code could not be fetched, in the words of the browsers and of the bundler; other errors are its own. */
export function isUnfetched(error: unknown): boolean {
  return error instanceof Error && /import|preload/i.test(error.message);
}

/**
 * Stands for a view whose code the server did not give, until the server answers. A browser may keep that a fetch has failed, so
 * the page is then loaded anew.
 */
export function Unreachable() {
  const { t } = useTranslation();
  useEffect(() => {
    const look = () => void fetch(consolePath(), { cache: "no-store" }).then(({ ok }) => ok && location.reload(), () => undefined);
    const timer = setInterval(look, EACH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <Page title={t("app.unreachable.title")} testid="unreachable">
      <Alert type="warning">{t("app.unreachable.text")}</Alert>
    </Page>
  );
}
