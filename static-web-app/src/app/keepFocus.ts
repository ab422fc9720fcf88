const FOCUSABLE = ["a[href]", "button:enabled", "input:enabled", "select:enabled", "textarea:enabled", "summary", "[tabindex='0']"].join();
/** A dialog and what opened it, and some more. */
const REMEMBERED = 8;

/** An element with those around it, from the inside out, within the page. */
type Place = readonly Element[];

/**
 * Whoever stands at something that vanishes, such as a button that has done its work, goes on beside it; where nothing
 * is left beside it, where they were before. Whoever stands at something that is disabled for a while goes on there.
 * Without a mouse they would otherwise stand nowhere. The answer ends it.
 */
export function keepFocus(): () => void {
  let places: readonly Place[] = [];
  const remember = ({ target }: FocusEvent) => {
    if (target instanceof Element) places = [...places, placeOf(target)].slice(-REMEMBERED);
  };
  const forget = ({ target, relatedTarget }: FocusEvent) => {
    // What can still be stood at a moment later was left on purpose.
    queueMicrotask(() => {
      if (relatedTarget === null && target instanceof Element && canBeStoodAt(target) && isNowhere()) places = [];
    });
  };
  const vanished = new MutationObserver(() => {
    const [here] = places.at(-1) ?? [];
    if (here === undefined || !isNowhere() || (here.isConnected && !canBeStoodAt(here))) return;
    const next = places.toReversed().map(besides).find((element) => element !== null) ?? document.querySelector("main");
    (next as HTMLElement | null)?.focus({ preventScroll: true });
  });
  document.addEventListener("focusin", remember);
  document.addEventListener("focusout", forget);
  vanished.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
  return () => {
    vanished.disconnect();
    document.removeEventListener("focusin", remember);
    document.removeEventListener("focusout", forget);
  };
}

function isNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function canBeStoodAt(element: Element): boolean {
  return element.isConnected && !element.matches(":disabled");
}

/** Without the body and its children, in which everything is beside everything. */
function placeOf(element: Element): Place {
  const place = [];
  for (let at = element; at.parentElement !== null && at.parentElement !== document.body; at = at.parentElement) place.push(at);
  return place;
}

function besides(place: Place): Element | null {
  for (const element of place) {
    if (!element.isConnected) continue;
    const next = element.matches(FOCUSABLE) ? element : element.querySelector(FOCUSABLE);
    if (next !== null) return next;
  }
  return null;
}
