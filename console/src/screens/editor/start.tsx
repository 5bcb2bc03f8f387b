import { useTranslation } from "react-i18next";

import { SAMPLES } from "@/editor/samples";
import { Button } from "@/ui/cloudscape";

import "./start.css";

/** What a new machine begins with: nothing, or an example that runs. */
export function Start({ onStart }: { onStart: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="sw-gallery" data-testid="gallery">
      <article className="sw-sample">
        <h2>{t("editor.start.blank")}</h2>
        <p>{t("editor.start.blankText")}</p>
        <Button variant="primary" onClick={() => onStart("blank")} data-testid="start-blank">
          {t("editor.start.begin")}
        </Button>
      </article>
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
