import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { documents } from "@/api/reads";
import { SAMPLES } from "@/editor/samples";
import { Button } from "@/ui/cloudscape";

import "./start.css";

/** What a new machine begins with: nothing, or an example that runs. */
export function Start({ onStart }: { onStart: (id: string) => void }) {
  const { t } = useTranslation();
  const drafts = useQuery({ queryKey: ["drafts"], queryFn: () => documents.list("draft"), retry: false }).data?.rows ?? [];
  return (
    <div className="sw-gallery" data-testid="gallery">
      <article className="sw-sample">
        <h2>{t("editor.start.blank")}</h2>
        <p>{t("editor.start.blankText")}</p>
        <Button variant="primary" onClick={() => onStart("blank")} data-testid="start-blank">
          {t("editor.start.begin")}
        </Button>
      </article>
      {drafts
        .filter(({ key }) => !key.startsWith("arn:"))
        .map(({ key }) => (
          <article key={key} className="sw-sample" data-testid="draft">
            <h2>{key}</h2>
            <p>{t("editor.start.draft")}</p>
            <Button onClick={() => onStart(`draft:${key}`)} ariaLabel={t("editor.start.goOnWith", { name: key })}>
              {t("editor.start.goOn")}
            </Button>
          </article>
        ))}
      {SAMPLES.map((id) => (
        <article key={id} className="sw-sample">
          <h2>{t(`editor.samples.${id}.title`)}</h2>
          <p>{t(`editor.samples.${id}.text`)}</p>
          <Button onClick={() => onStart(id)} data-testid={`start-${id}`} ariaLabel={t("editor.start.useOf", { name: t(`editor.samples.${id}.title`) })}>
            {t("editor.start.use")}
          </Button>
        </article>
      ))}
    </div>
  );
}
