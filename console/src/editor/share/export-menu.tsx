import { useTranslation } from "react-i18next";

import { StatusStore, toPng, toSvg, useWords, type GraphHandle } from "@/graph";
import { announce } from "@/ui/announce";
import { ButtonDropdown } from "@/ui/cloudscape";
import { download } from "@/ui/download";
import { flash } from "@/ui/flash";

import { snippetOf, yamlOf, type Snippet } from "../formats";
import { useStudioStore } from "../studio/store";

const SNIPPETS: Record<Snippet, string> = { sam: "template.yaml", cdk: "state-machine.ts", terraform: "state_machine.tf" };

/** The definition as a file: text, picture, or the snippet of another tool. */
export function ExportMenu({ graph }: { graph: { readonly current: GraphHandle | null } }) {
  const { t } = useTranslation();
  const store = useStudioStore();
  const words = useWords();
  const act = async (id: string) => {
    const { name: given, type, good } = store.getState();
    const name = given || "state-machine";
    if (id === "json") return download(`${name}.asl.json`, good.text);
    if (id === "yaml") return download(`${name}.asl.yaml`, (await yamlOf(good.text)) ?? "", "application/yaml");
    if (id === "svg" || id === "png") return picture(id, name);
    const kind = id as Snippet;
    download(SNIPPETS[kind], await snippetOf(kind, name, type, good.text), "text/plain");
  };
  const picture = async (kind: "svg" | "png", name: string) => {
    const drawn = graph.current?.drawn();
    if (!drawn) return announce(t("editor.share.noPicture"));
    const made = { ...drawn, title: name, statuses: new StatusStore(), words };
    try {
      if (kind === "svg") download(`${name}.svg`, toSvg(made), "image/svg+xml");
      else download(`${name}.png`, await toPng(made, document.body.classList.contains("awsui-dark-mode") ? "dark" : "light"), "image/png");
    } catch (error) {
      flash({ type: "error", text: t("editor.share.failed"), detail: error instanceof Error ? error.message : String(error) });
    }
  };
  const items = ["json", "yaml", "svg", "png", "sam", "cdk", "terraform"].map((id) => ({ id, text: t(`editor.share.${id}` as "editor.share.json") }));
  return (
    <ButtonDropdown items={items} onItemClick={({ detail }) => void act(detail.id)} data-testid="export-menu" expandToViewport>
      {t("editor.share.title")}
    </ButtonDropdown>
  );
}
