import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { documents } from "@/api/reads";
import { ButtonDropdown } from "@/ui/cloudscape";
import { flash } from "@/ui/flash";

import { recent } from "./recent";

interface InputsProps {
  machine: string;
  text: string;
  onText: (text: string) => void;
}

const SHOWN = 60;

function prefixOf(machine: string): string {
  return `input ${machine} `;
}

/** Inputs that were used or saved, to begin with. */
export function Inputs({ machine, text, onText }: InputsProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const saved = useQuery({ queryKey: ["samples"], queryFn: () => documents.list("sample") });
  const names = (saved.data?.rows ?? []).filter(({ key }) => key.startsWith(prefixOf(machine))).map(({ key }) => key.slice(prefixOf(machine).length));
  const used = recent(machine);
  const save = async () => {
    const name = new Date().toISOString().slice(0, 19).replace("T", " ");
    await documents.put("sample", prefixOf(machine) + name, { text });
    await client.invalidateQueries({ queryKey: ["samples"] });
    flash({ type: "success", text: t("start.saved") });
  };
  const pick = async (id: string) => {
    if (id === "save") return save();
    if (id === "tidy") return onText(tidied(text));
    if (id.startsWith("recent ")) return onText(used[Number(id.slice(7))] ?? text);
    onText((await documents.get<{ text: string }>("sample", prefixOf(machine) + id.slice(6))).content.text);
  };
  return (
    <ButtonDropdown
      expandToViewport
      items={[
        { id: "tidy", text: t("start.tidy") },
        { id: "save", text: t("start.save") },
        ...(used.length ? [{ text: t("start.recent"), items: used.map((input, index) => ({ id: `recent ${index}`, text: input.replace(/\s+/g, " ").slice(0, SHOWN) })) }] : []),
        ...(names.length ? [{ text: t("start.kept"), items: names.map((name) => ({ id: `saved ${name}`, text: name })) }] : []),
      ]}
      onItemClick={({ detail }) => void pick(detail.id)}
    >
      {t("start.inputs")}
    </ButtonDropdown>
  );
}

function tidied(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
