import { Outlet, useRouterState } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { LiveRegion } from "@/ui/announce";
import { AppLayout, Flashbar } from "@/ui/cloudscape";
import { ErrorBoundary } from "@/ui/crash";
import { dismiss, useFlashes } from "@/ui/flash";
import { useCrumbs } from "@/ui/page";

import { Breadcrumbs } from "./breadcrumbs";
import { KeyHelp } from "./key-help";
import { Palette } from "./palette";
import { useShortcuts } from "./shortcuts";
import { SideBar } from "./side-bar";
import { TopBar } from "./top-bar";

const NARROW_PX = 1100;
/** Views that want the whole width. */
const WIDE_VIEW = /\/executions\/.|\/edit$|\/create$/;

/** What stands around every view: bar, list of pages, breadcrumbs, messages, and what opens over it. */
export function Shell() {
  const { t } = useTranslation();
  const [layer, setLayer] = useState<"palette" | "help" | null>(null);
  const place = useRouterState({ select: (state) => state.location.pathname });
  const [navigationOpen, setNavigationOpen] = useNavigationOpen(WIDE_VIEW.test(place));
  const crumbs = useCrumbs((state) => state.crumbs);
  useShortcuts(setLayer);
  return (
    <>
      <SkipLink />
      <div id="top-bar">
        <TopBar onPalette={() => setLayer("palette")} onHelp={() => setLayer("help")} />
      </div>
      <AppLayout
        headerSelector="#top-bar"
        navigation={<SideBar place={place} />}
        navigationOpen={navigationOpen}
        navigationWidth={220}
        onNavigationChange={({ detail }) => setNavigationOpen(detail.open)}
        toolsHide
        maxContentWidth={Number.MAX_VALUE}
        ariaLabels={{
          navigation: t("app.navigation.label"),
          navigationToggle: t("app.navigation.open"),
          navigationClose: t("app.navigation.close"),
          notifications: t("app.notifications"),
        }}
        breadcrumbs={crumbs.length > 0 && <Breadcrumbs crumbs={crumbs} />}
        notifications={<Messages />}
        content={
          <div id="content" tabIndex={-1} style={{ outline: "none" }}>
            <ErrorBoundary resetKey={place}>
              <Outlet />
            </ErrorBoundary>
          </div>
        }
      />
      {layer === "palette" && <Palette onClose={() => setLayer(null)} />}
      {layer === "help" && <KeyHelp onClose={() => setLayer(null)} />}
      <LiveRegion />
    </>
  );
}

/** Open where there is room, until the person says otherwise for this kind of view. */
function useNavigationOpen(wide: boolean): [boolean, (open: boolean) => void] {
  const [chosen, setChosen] = useState<{ wide: boolean; open: boolean } | null>(null);
  const usual = !wide && window.innerWidth >= NARROW_PX;
  return [chosen?.wide === wide ? chosen.open : usual, (open) => setChosen({ wide, open })];
}

function SkipLink() {
  const { t } = useTranslation();
  return (
    <a
      className="sw-skip"
      href="#content"
      onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}
    >
      {t("app.skip")}
    </a>
  );
}

function Messages() {
  const { t } = useTranslation();
  const flashes = useFlashes((state) => state.flashes);
  return (
    <Flashbar
      items={flashes.map(({ id, type, text, detail }) => ({
        id: String(id),
        type: type === "in-progress" ? "info" : type,
        loading: type === "in-progress",
        header: text,
        ...(detail && { content: detail }),
        dismissible: true,
        dismissLabel: t("ui.dismiss"),
        onDismiss: () => dismiss(id),
      }))}
    />
  );
}
