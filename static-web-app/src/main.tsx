import "@fontsource/open-sans/latin-400.css";
import "@fontsource/open-sans/latin-700.css";
import "./styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { preloadPage } from "@/app/pages";
import { ConfigProblem, loadRuntimeConfig } from "@/app/runtimeConfig";
import { StartupProblem } from "@/app/StartupProblem";
import { applyTheme, rememberedTheme } from "@/app/theme";

applyTheme(rememberedTheme());
preloadPage(window.location.pathname);

async function start(): Promise<React.ReactNode> {
  try {
    return <App config={await loadRuntimeConfig()} />;
  } catch (problem) {
    if (problem instanceof ConfigProblem) return <StartupProblem problem={problem} />;
    throw problem;
  }
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(<StrictMode>{await start()}</StrictMode>);
