import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { consolePath } from "@/api/base";
import { read, type Overview } from "@/api/reads";
import { isLanguage, LANGUAGES } from "@/locales/i18n";
import { Checkbox, Container, FormField, Header, KeyValuePairs, RadioGroup, SpaceBetween } from "@/ui/cloudscape";
import { Page } from "@/ui/page";
import { Pane } from "@/ui/pane";
import { DENSITIES, prefer, THEMES, usePreferences, ZONES } from "@/ui/preferences";
import type { ScreenProps } from "@/ui/screen";
import { Moment } from "@/ui/time";

export default function SettingsScreen(_: ScreenProps) {
  const { t } = useTranslation();
  return (
    <Page title={t("settings.title")} crumbs={[{ text: t("settings.title"), to: "/settings" }]} testid="settings-screen">
      <SpaceBetween size="l">
        <Looks />
        <Reading />
        <About />
      </SpaceBetween>
    </Page>
  );
}

function Looks() {
  const { t } = useTranslation();
  const { language, theme, density } = usePreferences();
  return (
    <Container header={<Header variant="h2">{t("settings.looks")}</Header>}>
      <SpaceBetween size="l">
        <FormField label={t("app.language")}>
          <RadioGroup
            value={language}
            items={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            onChange={({ detail }) => isLanguage(detail.value) && prefer({ language: detail.value })}
          />
        </FormField>
        <FormField label={t("app.theme")}>
          <RadioGroup
            value={theme}
            items={THEMES.map((value) => ({ value, label: t(`app.themes.${value}`) }))}
            onChange={({ detail }) => prefer({ theme: THEMES.find((name) => name === detail.value) ?? "system" })}
          />
        </FormField>
        <FormField label={t("settings.density")}>
          <RadioGroup
            value={density}
            items={DENSITIES.map((value) => ({ value, label: t(`settings.densities.${value}`) }))}
            onChange={({ detail }) => prefer({ density: DENSITIES.find((name) => name === detail.value) ?? "comfortable" })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function Reading() {
  const { t } = useTranslation();
  const { zone, letters, outline } = usePreferences();
  return (
    <Container header={<Header variant="h2">{t("settings.reading")}</Header>}>
      <SpaceBetween size="l">
        <FormField label={t("settings.zone")}>
          <RadioGroup
            value={zone}
            items={ZONES.map((value) => ({ value, label: t(`settings.zones.${value}`) }))}
            onChange={({ detail }) => prefer({ zone: ZONES.find((name) => name === detail.value) ?? "local" })}
          />
        </FormField>
        <Checkbox checked={letters} onChange={({ detail }) => prefer({ letters: detail.checked })} description={t("settings.lettersHint")}>
          {t("settings.letters")}
        </Checkbox>
        <Checkbox checked={outline} onChange={({ detail }) => prefer({ outline: detail.checked })} description={t("settings.outlineHint")}>
          {t("settings.outline")}
        </Checkbox>
      </SpaceBetween>
    </Container>
  );
}

function About() {
  const { t } = useTranslation();
  const overview = useQuery({ queryKey: ["overview"], queryFn: ({ signal }) => read<Overview>("overview", {}, signal) });
  return (
    <Container header={<Header variant="h2">{t("settings.about")}</Header>}>
      <Pane query={overview}>
        {({ version, account, region, startedMs, access }) => (
          <SpaceBetween size="m">
            <KeyValuePairs
              columns={4}
              items={[
                { label: t("settings.version"), value: version },
                { label: t("settings.account"), value: `${account} · ${region}` },
                { label: t("settings.up"), value: <Moment ms={startedMs} /> },
                { label: t("settings.access"), value: access === "loopback" ? t("settings.loopback") : access },
              ]}
            />
            <p className="sw-muted">
              {t("settings.licences")} <a href={`${consolePath()}third-party-notices.txt`}>{t("settings.notices")}</a>
            </p>
          </SpaceBetween>
        )}
      </Pane>
    </Container>
  );
}
