import { preview } from "vite";

/** Serves what was built, as it is hosted, unless WEB_URL names a server that runs already. */
export default async function servePage(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.WEB_URL) return undefined;
  const server = await preview({ preview: { host: "127.0.0.1", port: 0, strictPort: false } });
  const address = server.httpServer.address();
  if (address === null || typeof address === "string") throw new Error("the preview server has no port");
  process.env.WEB_URL = `http://127.0.0.1:${address.port}`;
  return () => server.close();
}
