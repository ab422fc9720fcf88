import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { createApi } from "@/api/client";
import { API_URL, api as network, at, problem } from "./api";
import { servedBy } from "./samples";

describe("the log of requests", () => {
  it("keeps what was asked and how it was served", async () => {
    const api = createApi(API_URL, NOBODY);
    const served = servedBy("fallback");
    network.use(
      http.get(at("/items"), () =>
        HttpResponse.json({ data: { items: [], next_cursor: null }, served }, { headers: { "x-request-id": "r-1", "server-timing": "retry;dur=9, total;dur=12" } }),
      ),
    );
    const answer = await api.GET("/items", { params: { query: { limit: 5 } } });
    expect(answer.data?.served).toEqual(served);
    expect(api.log.all()).toEqual([
      expect.objectContaining({ method: "GET", path: "/items?limit=5", route: "/items", status: 200, requestId: "r-1", served, problem: null, failure: null, serverMs: 12, by: "user" }),
    ]);
  });

  it("keeps the problem of a request that was refused", async () => {
    const api = createApi(API_URL, NOBODY);
    network.use(http.put(at("/faults/:target"), () => problem(403, "faults-refused")));
    await api.PUT("/faults/{target}", { params: { path: { target: "database" } }, body: { kind: "error", expires_in_s: 60 } });
    const [request] = api.log.all();
    expect(request).toMatchObject({ path: "/faults/database", route: "/faults/{target}", status: 403, served: null });
    expect(request?.problem?.type).toBe("urn:breaker:problem:faults-refused");
  });

  it("says when no answer came, and forgets what the page itself gave up", async () => {
    const api = createApi(API_URL, NOBODY);
    network.use(http.get(at("/items"), () => HttpResponse.error()));
    await expect(api.GET("/items")).rejects.toThrow();
    expect(api.log.all()).toEqual([expect.objectContaining({ status: null, failure: "no connection" })]);
    await expect(api.GET("/items", { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(api.log.all()).toHaveLength(1);
  });

  it("does not keep what only watches, and no more than the last thousand", async () => {
    const api = createApi(API_URL, NOBODY);
    await api.GET("/circuits");
    expect(api.log.all()).toEqual([]);
    for (let sent = 0; sent < 1_003; sent += 1) api.log.add({ ...anyRequest, id: String(sent) });
    expect(api.log.all()).toHaveLength(1_000);
    expect(api.log.all()[0]?.id).toBe("3");
  });
});

const NOBODY = { token: () => null, refused: () => undefined };

const anyRequest = {
  method: "GET",
  path: "/items",
  route: "/items",
  started: 0,
  durationMs: 1,
  status: 200,
  requestId: null,
  served: null,
  problem: null,
  failure: null,
  serverMs: null,
  by: "user" as const,
};
