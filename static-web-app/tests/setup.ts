import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { api } from "./api";

configure({ asyncUtilTimeout: 10_000 });

/** jsdom has no media queries; these are a wide screen's with a light theme. */
function matchMedia(query: string) {
  return { matches: query.includes("min-width"), addEventListener: () => {}, removeEventListener: () => {} };
}

/** jsdom lays nothing out: everything is as wide as a page may be, and stays so. */
class NothingResizes {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal("ResizeObserver", NothingResizes);
Object.defineProperty(Element.prototype, "clientWidth", { get: () => 1_000 });

/** jsdom knows dialogs, but not how they are shown. */
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false;
};

/** Nor does it lay anything out that could be scrolled to. */
Element.prototype.scrollIntoView ??= () => {};

beforeAll(() => api.listen({ onUnhandledRequest: "error" }));
beforeEach(() => {
  vi.stubGlobal("matchMedia", matchMedia);
  window.history.replaceState(null, "", "/");
  window.localStorage.clear();
});
afterEach(() => {
  cleanup();
  api.resetHandlers();
  vi.useRealTimers();
});
afterAll(() => api.close());
