import { useTranslation } from "react-i18next";

import { StatusStore, type GraphHandle } from "@/graph";
import { announce } from "@/ui/announce";
import { ButtonDropdown } from "@/ui/cloudscape";
import { download } from "@/ui/download";

import { snippetOf, yamlOf, type Snippet } from "../formats";
import { useStudioStore } from "../studio/store";

import { usePictureDownload } from "./picture";

const SNIPPETS: Record<Snippet, string> = { sam: "template.yaml", cdk: "state-machine.ts", terraform: "state_machine.tf" };

/** The definition as a file: text, picture, or the snippet of another tool. */
export function ExportMenu({ graph }: { graph: { readonly current: GraphHandle | null } }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const save = usePictureDownload();
  const act = async (id: string) => {
    const { name: given, type, good } = store.getState();
    const name = given || "state-machine";
    if (id === "json") return download(`${name}.asl.json`, good.text);
    if (id === "yaml") return download(`${name}.asl.yaml`, (await yamlOf(good.text)) ?? "", "application/yaml");
    if (id === "svg" || id === "png") {
      const drawn = graph.current?.drawn();
      if (!drawn) return announce(t("editor.share.noPicture"));
      return save(id, async () => ({ ...drawn, title: name, statuses: new StatusStore() }));
    }
    const kind = id as Snippet;
    download(SNIPPETS[kind], await snippetOf(kind, name, type, good.text), "text/plain");
  };
  const items = ["json", "yaml", "svg", "png", "sam", "cdk", "terraform"].map((id) => ({ id, text: t(`editor.share.${id}` as "editor.share.json") }));
  return (
    <ButtonDropdown items={items} onItemClick={({ detail }) => void act(detail.id)} data-testid="export-menu" expandToViewport>
      {t("editor.share.title")}
    </ButtonDropdown>
  );
}
