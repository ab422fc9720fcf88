import { readFileSync } from "node:fs";
import type { Plugin, PreviewServer, ViteDevServer } from "vite";

/**
 * Answers `/config.json` in `vite dev` and `vite preview` from the environment:
 * `API_URL` is the address of the API, `CONFIG_FILE` names a JSON file to hand
 * out instead. The built files stay the same for every stage, as they do when
 * they are hosted with a `config.json` beside them.
 */
export function runtimeConfig(env: NodeJS.ProcessEnv = process.env): Plugin {
  const answer = (server: ViteDevServer | PreviewServer) => {
    // A wrong CONFIG_FILE is to stop the server now, not to fail the first visit.
    read(env);
    server.middlewares.use("/config.json", (_request, response) => {
      const config = read(env);
      response.setHeader("Cache-Control", "no-store");
      response.setHeader("Content-Type", config ? "application/json" : "text/plain");
      response.statusCode = config ? 200 : 404;
      response.end(config ?? "Set API_URL or CONFIG_FILE for the server of this page.\n");
    });
  };
  return {
    name: "runtime-config",
    configureServer: answer,
    configurePreviewServer: (server) => {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", contentSecurityPolicy(read(env)));
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("Referrer-Policy", "no-referrer");
        next();
      });
      answer(server);
    },
  };
}

function read(env: NodeJS.ProcessEnv): string | undefined {
  if (env.CONFIG_FILE) return readFileSync(env.CONFIG_FILE, "utf8");
  return env.API_URL ? JSON.stringify({ apiUrl: env.API_URL }) : undefined;
}

/** The policy that the hosted page is to have, so that a breach of it shows here first. */
function contentSecurityPolicy(config: string | undefined): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    ["connect-src 'self'", ...origins(config)].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** The API, and where people sign in. */
function origins(config: string | undefined): string[] {
  try {
    const { apiUrl, signIn } = JSON.parse(config ?? "{}") as { apiUrl: string; signIn?: { url: string } };
    return [apiUrl, signIn?.url].filter((url) => url !== undefined).map((url) => new URL(url).origin);
  } catch {
    return [];
  }
}
