import { useTranslation } from "react-i18next";

import { CopyToClipboard } from "./cloudscape";

interface CopyProps {
  text: string;
  /** What is copied, for those who cannot see where the button stands. */
  label: string;
  /** A button with its label, instead of an icon. */
  wide?: boolean;
}

export function Copy({ text, label, wide = false }: CopyProps) {
  const { t } = useTranslation();
  return (
    <CopyToClipboard
      variant={wide ? "button" : "icon"}
      textToCopy={text}
      copyButtonText={label}
      copyButtonAriaLabel={label}
      copySuccessText={t("ui.copied")}
      copyErrorText={t("ui.notCopied")}
    />
  );
}

/** An ARN or id that may be long: cut in the middle of the line, whole in the tooltip and in the clipboard. */
export function CopyLine({ text, label }: { text: string; label: string }) {
  return (
    <span className="sw-copy-line">
      <Copy text={text} label={label} />
      <span className="sw-mono sw-ellipsis" title={text}>
        {text}
      </span>
    </span>
  );
}
