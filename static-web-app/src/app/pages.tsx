import { type ComponentType, lazy } from "react";

export interface Page {
  path: string;
  name: string;
  Component: ComponentType;
  /** Fetches the page's part of the code; it is kept once it is here. */
  load: () => Promise<unknown>;
}

function page(path: string, name: string, load: () => Promise<ComponentType>): Page {
  const Component = lazy(() => load().then((component) => ({ default: component })));
  return { path, name, Component, load };
}

/** Each page comes in a part of its own, fetched when it is first gone to. */
export const PAGES: readonly Page[] = [
  page("/", "Items", () => import("./ItemsPage").then((part) => part.ItemsPage)),
  page("/circuits", "Circuits", () => import("./CircuitsPage").then((part) => part.CircuitsPage)),
  page("/timeline", "Timeline", () => import("./TimelinePage").then((part) => part.TimelinePage)),
  page("/requests", "Requests", () => import("./RequestsPage").then((part) => part.RequestsPage)),
  page("/faults", "Faults", () => import("./FaultsPage").then((part) => part.FaultsPage)),
  page("/incident", "Incident", () => import("./IncidentPage").then((part) => part.IncidentPage)),
];

/** Starts to fetch the page that was asked for, while the page does not know its API yet. */
export function preloadPage(path: string): void {
  // What fails here fails again where it is shown, and is told there.
  PAGES.find((page) => page.path === path)?.load().catch(() => undefined);
}
