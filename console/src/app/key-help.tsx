import { useTranslation } from "react-i18next";

import { Box, ColumnLayout, Modal } from "@/ui/cloudscape";

import "./key-help.css";

const KEYS = {
  everywhere: [
    ["?", "help"],
    ["/", "search"],
    ["Ctrl K", "palette"],
    ["G M", "machines"],
    ["G E", "executions"],
    ["G D", "dashboard"],
    ["Esc", "escape"],
  ],
  execution: [
    ["J L", "step"],
    ["K", "play"],
    ["End", "live"],
    ["F", "failed"],
    ["R", "running"],
  ],
  graph: [
    ["↓ ↑ ← →", "arrows"],
    ["Enter", "open"],
    ["Space", "fold"],
    ["+ − 0 1", "zoom"],
  ],
  editor: [
    ["A", "add"],
    ["Del", "delete"],
    ["Ctrl D", "duplicate"],
    ["F2", "rename"],
    ["Alt ↓ ↑ ← →", "move"],
    ["Ctrl Z", "undo"],
    ["Ctrl S", "save"],
    ["Ctrl Enter", "test"],
    ["Ctrl .", "fix"],
  ],
} as const;

export function KeyHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const groups = Object.entries(KEYS) as [keyof typeof KEYS, (typeof KEYS)[keyof typeof KEYS]][];
  return (
    <Modal visible size="large" header={t("app.keys.title")} closeAriaLabel={t("ui.close")} onDismiss={onClose} data-testid="key-help">
      <ColumnLayout columns={2}>
        {groups.map(([group, keys]) => (
          <section key={group}>
            <Box variant="h3">{t(`app.keys.${group}`)}</Box>
            <dl className="sw-keys">
              {keys.map(([key, meaning]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{t(`app.keys.${meaning}`)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </ColumnLayout>
      <Box variant="small">{t("app.keys.off")}</Box>
    </Modal>
  );
}
