import { useRouter } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { consolePath } from "@/api/base";
import { isLanguage, LANGUAGES } from "@/locales/i18n";
import { Button, TopNavigation } from "@/ui/cloudscape";
import { prefer, THEMES, usePreferences } from "@/ui/preferences";

interface TopBarProps {
  onPalette: () => void;
  onHelp: () => void;
}

export function TopBar({ onPalette, onHelp }: TopBarProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const { language, theme } = usePreferences();
  return (
    <TopNavigation
      identity={{
        href: consolePath(),
        title: t("app.name"),
        logo: { src: `${consolePath()}stepwell.svg`, alt: "" },
        onFollow: (event) => {
          event.preventDefault();
          router.history.push(consolePath());
        },
      }}
      search={
        <Button fullWidth iconName="search" onClick={onPalette} data-testid="palette-open">
          {t("app.palette.open")}
        </Button>
      }
      utilities={[
        { type: "button", iconName: "keyboard", ariaLabel: t("app.help"), title: t("app.help"), onClick: onHelp, disableUtilityCollapse: false },
        {
          type: "menu-dropdown",
          iconSvg: <Moon />,
          ariaLabel: t("app.theme"),
          title: t("app.theme"),
          items: THEMES.map((id) => ({ id, text: t(`app.themes.${id}`), itemType: "checkbox" as const, checked: id === theme })),
          onItemClick: ({ detail }) => prefer({ theme: THEMES.find((name) => name === detail.id) ?? "system" }),
        },
        {
          type: "menu-dropdown",
          text: LANGUAGES[language],
          ariaLabel: `${t("app.language")}: ${LANGUAGES[language]}`,
          items: Object.entries(LANGUAGES).map(([id, text]) => ({ id, text, itemType: "checkbox" as const, checked: id === language })),
          onItemClick: ({ detail }) => isLanguage(detail.id) && prefer({ language: detail.id }),
        },
      ]}
    />
  );
}

function Moon() {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d="M13.5 9.7A6 6 0 0 1 6.3 2.5a6 6 0 1 0 7.2 7.2Z" />
    </svg>
  );
}
