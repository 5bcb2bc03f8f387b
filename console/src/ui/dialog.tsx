import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Box, Button, Modal, SpaceBetween, type ModalProps } from "./cloudscape";

interface DialogProps {
  title: string;
  /** The ways to go on, after Cancel; the one that is meant comes last. */
  actions: ReactNode;
  onClose: () => void;
  size?: ModalProps.Size;
  gap?: "s" | "m";
  testid?: string;
  children: ReactNode;
}

/** What is asked over a page before something is done: a title, what is to be said, and Cancel beside the ways to go on. */
export function Dialog({ title, actions, onClose, size = "medium", gap = "m", testid, children }: DialogProps) {
  const { t } = useTranslation();
  const footer = (
    <Box float="right">
      <SpaceBetween direction="horizontal" size="xs">
        <Button variant="link" onClick={onClose}>
          {t("ui.cancel")}
        </Button>
        {actions}
      </SpaceBetween>
    </Box>
  );
  return (
    <Modal visible size={size} header={title} closeAriaLabel={t("ui.close")} onDismiss={onClose} footer={footer} data-testid={testid}>
      <SpaceBetween size={gap}>{children}</SpaceBetween>
    </Modal>
  );
}
