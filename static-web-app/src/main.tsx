import "@fontsource/open-sans/latin-400.css";
import "@fontsource/open-sans/latin-700.css";
import "./styles/index.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { preloadPage } from "@/app/pages";
import { ConfigProblem, loadRuntimeConfig } from "@/app/runtimeConfig";
import { StartupProblem } from "@/app/StartupProblem";
import { Session } from "@/shared/session/Session";
import { applyTheme, rememberedTheme } from "@/app/theme";

applyTheme(rememberedTheme());
preloadPage(window.location.pathname);

async function start(): Promise<React.ReactNode> {
  try {
    const config = await loadRuntimeConfig();
    const session = new Session(config.signIn);
    await session.resume();
    return <App config={config} session={session} />;
  } catch (problem) {
    if (problem instanceof ConfigProblem) return <StartupProblem problem={problem} />;
    throw problem;
  }
}

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(<StrictMode>{await start()}</StrictMode>);
