import { useTranslation } from "react-i18next";

import { isLanguage, LANGUAGES } from "@/locales/i18n";
import { Button, ButtonDropdown } from "@/ui/cloudscape";
import { Link } from "@/ui/link";
import { prefer, THEMES, usePreferences } from "@/ui/preferences";

import mark from "./stepwell.svg";
import "./top-bar.css";

interface TopBarProps {
  onPalette: () => void;
  onHelp: () => void;
}

/** Home, search, and what a person wants at hand everywhere: theme, language, keys. */
export function TopBar({ onPalette, onHelp }: TopBarProps) {
  const { t } = useTranslation();
  const { language, theme } = usePreferences();
  return (
    <header className="sw-top">
      <Link to="/" label={t("app.home")} variant="secondary">
        <span className="sw-top__name">
          <img src={mark} alt="" width="26" height="26" />
          <span className="sw-top__word">{t("app.name")}</span>
        </span>
      </Link>
      <button type="button" className="sw-top__search" onClick={onPalette} data-testid="palette-open">
        <span>{t("app.palette.open")}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <span className="sw-top__tools">
        <span className="sw-top__choices">
          <ButtonDropdown
            variant="normal"
            expandToViewport
            ariaLabel={`${t("app.theme")}: ${t(`app.themes.${theme}`)}`}
            items={THEMES.map((id) => ({ id, text: t(`app.themes.${id}`), itemType: "checkbox" as const, checked: id === theme }))}
            onItemClick={({ detail }) => prefer({ theme: THEMES.find((name) => name === detail.id) ?? "system" })}
          >
            {t(`app.themes.${theme}`)}
          </ButtonDropdown>
          <ButtonDropdown
            variant="normal"
            expandToViewport
            ariaLabel={`${t("app.language")}: ${LANGUAGES[language]}`}
            items={Object.entries(LANGUAGES).map(([id, text]) => ({ id, text, itemType: "checkbox" as const, checked: id === language }))}
            onItemClick={({ detail }) => isLanguage(detail.id) && prefer({ language: detail.id })}
          >
            {LANGUAGES[language]}
          </ButtonDropdown>
        </span>
        <Button variant="icon" iconName="keyboard" ariaLabel={t("app.help")} onClick={onHelp} />
      </span>
    </header>
  );
}
