/** Texts of the graph, put together from the locale in one place. */
import { useTranslation } from "react-i18next";

import type { GraphNode } from "./asl";
import type { Detail } from "./labels";
import type { StateStatus } from "./status";

export interface Words {
  nameOf(node: GraphNode): string;
  detailOf(node: GraphNode): string;
  statusOf(status: StateStatus): string;
  /** A whole sentence for those who cannot see the picture. */
  describe(node: GraphNode, status: StateStatus | undefined): string;
}

const TYPES = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"] as const;

function isType(type: string): type is (typeof TYPES)[number] {
  return (TYPES as readonly string[]).includes(type);
}

export function useWords(): Words {
  const { t } = useTranslation();
  const detailText = ({ text, key }: Detail): string => {
    if (key === undefined) return text;
    if (key === "type") return isType(text) ? t(`graph.type.${text}`) : text;
    return t(`graph.detail.${key}`, { text });
  };
  const words: Words = {
    nameOf: (node) => (node.mark === "start" || node.mark === "end" ? t(`graph.mark.${node.mark}`) : node.name),
    detailOf: (node) => {
      if (node.mark === "missing") return t("graph.mark.missing");
      return node.reached ? detailText(node.detail) : t("graph.unreached", { detail: detailText(node.detail) });
    },
    statusOf: ({ status, count = 0, retries = 0 }) =>
      [t(`graph.status.${status}`), count > 1 ? `×${count}` : "", retries > 0 ? `↻${retries}` : ""].filter(Boolean).join(" "),
    describe: (node, status) =>
      [words.nameOf(node), words.detailOf(node), status ? words.statusOf(status) : ""].filter(Boolean).join(", "),
  };
  return words;
}
