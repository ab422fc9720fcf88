import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** Imports run app → features → shared → api, and never from one feature to another. */
const layer = (files, forbidden, message) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group: forbidden, message }] }] },
});

const relativeUp = "../*";
const FEATURES = ["circuits", "faults", "incident", "items", "load", "requests", "timeline"];

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  js.configs.recommended,
  tseslint.configs.recommended,
  reactHooks.configs.flat.recommended,
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      eqeqeq: ["error", "always", { null: "ignore" }],
    },
  },
  { files: ["scripts/**"], languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } } },
  layer(["src/app/**"], [relativeUp], "name other layers by @/"),
  layer(["src/shared/**"], [relativeUp, "@/app/*", "@/features/**"], "shared knows neither the app nor a feature"),
  layer(["src/api/**"], [relativeUp, "@/app/*", "@/features/**", "@/shared/*"], "the client of the API stands alone"),
  ...FEATURES.map((feature) =>
    layer(
      [`src/features/${feature}/**`],
      [relativeUp, "@/app/*", ...FEATURES.filter((other) => other !== feature).map((other) => `@/features/${other}/*`)],
      "a feature knows neither the app nor another feature",
    ),
  ),
);
