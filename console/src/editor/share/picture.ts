import { useTranslation } from "react-i18next";

import { pictureFile, useWords, type Picture, type PictureKind } from "@/graph";
import { download } from "@/ui/download";
import { flash } from "@/ui/flash";

/** Answers how a drawn graph is handed to the person as a file, named after its title. */
export function usePictureDownload(): (kind: PictureKind, draw: () => Promise<Omit<Picture, "words">>) => Promise<void> {
  const { t } = useTranslation();
  const words = useWords();
  return async (kind, draw) => {
    try {
      const picture = { ...(await draw()), words };
      const theme = document.body.classList.contains("awsui-dark-mode") ? "dark" : "light";
      download(`${picture.title}.${kind}`, await pictureFile(kind, picture, theme));
    } catch (error) {
      flash({ type: "error", text: t("editor.share.failed"), detail: error instanceof Error ? error.message : String(error) });
    }
  };
}
