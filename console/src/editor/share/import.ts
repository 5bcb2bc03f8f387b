/** Files that are dropped on the editor, or chosen: JSON or YAML becomes the text, in one step that can be undone. */
import { useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";

import { announce } from "@/ui/announce";
import { flash } from "@/ui/flash";

import { importedText } from "../formats";
import { useStudioStore } from "../studio/store";

const BYTES_MAX = 2_000_000;

export function useImport() {
  const { t } = useTranslation();
  const store = useStudioStore();
  const [over, setOver] = useState(false);
  const take = async (file: File) => {
    const text = file.size > BYTES_MAX ? undefined : await importedText(await file.text());
    if (text === undefined) return void flash({ type: "error", text: t("editor.import.refused", { name: file.name }) });
    store.getState().replace(text);
    if (store.getState().name === "") store.getState().keep({ name: file.name.replace(/(\.asl)?\.(json|ya?ml)$/i, "") });
    announce(t("editor.import.done", { name: file.name }));
  };
  const isFile = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return {
    over,
    take: (file: File) => void take(file),
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!isFile(event)) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event: DragEvent) => {
        setOver(false);
        const [file] = event.dataTransfer.files;
        if (!isFile(event) || !file) return;
        event.preventDefault();
        void take(file);
      },
    },
  };
}
