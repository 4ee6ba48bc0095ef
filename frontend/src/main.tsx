import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { startSettings } from "@/app/settings";
import "@fontsource-variable/inter/wght.css";
import "@/theme/tokens.css";
import "@/theme/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no element #root");
startSettings();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
