import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { parseRoute } from "@/app/router";
import { pageOf } from "@/app/routes";
import { startSettings } from "@/app/settings";
import "@fontsource-variable/inter/wght.css";
import "@/theme/tokens.css";
import "@/theme/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element #root");
startSettings();
// Beside the question who is signed in; a page that could not be loaded is loaded again when it is shown.
void pageOf(parseRoute(window.location.hash).page)
  ?.chunk.load()
  .catch(() => {});
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
