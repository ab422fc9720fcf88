import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface WithAxe {
  axe: { run(options: RunOptions): Promise<AxeResults> };
}

/** The rules that a theme can break; the others have the same to say in each. */
const OF_COLOUR = ["color-contrast", "link-in-text-block"];

/** What axe finds wrong with the page as it is now, each with the element that it is about. */
export async function violations(page: Page, rules: "all" | "of colour" = "all"): Promise<string[]> {
  // Through the debugger, which the page's security policy does not bind. Once is enough until the page is reloaded.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  // Told apart inside the page: to hand over all that axe looked at takes longer than to look.
  const options: RunOptions = { resultTypes: ["violations"], ...(rules === "of colour" && { runOnly: OF_COLOUR }) };
  return page.evaluate(async (options) => {
    const { violations } = await (globalThis as unknown as WithAxe).axe.run(options);
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.failureSummary ?? ""}`),
    );
  }, options);
}
