import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "@/app/app";
import { speak } from "@/locales/i18n";
import { usePreferences } from "@/ui/preferences";
import { dress, wear } from "@/ui/theme";

import "@/ui/theme.css";
import "@/ui/base.css";
import "@/ui/pane.css";

const root = document.getElementById("root");
if (!root) throw new Error("The page has no #root");

dress();
wear(usePreferences.getState());
await speak(usePreferences.getState().language);
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
