import createClient, { type Client } from "openapi-fetch";
import { bearing, type Credentials } from "./bearer";
import { type RecordedRequest, recording, RequestLog } from "./requestLog";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Item = Schemas["Item"];
export type ItemDraft = Schemas["ItemDraft"];
export type Served = Schemas["Served"];
export type Attempt = Schemas["Attempt"];
export type Circuit = Schemas["Circuit"];
export type EvidenceSlot = Schemas["EvidenceSlot"];
export type CircuitEvent = Schemas["CircuitEvent"];
export type CircuitState = Circuit["state"];
/** The state that calls meet: an operator's override stands above the rules. */
export type EffectiveState = CircuitEvent["to"];
export type Fault = Schemas["Fault"];
export type FaultList = Schemas["FaultList"];
export type FaultKind = Schemas["FaultKind"];
export type FaultRequest = Schemas["FaultRequest"];
export type FaultTarget = Schemas["FaultTarget"];
export type Calls = Client<paths>;
export interface Api extends Calls {
  /** What was asked, by whom ever. */
  readonly log: RequestLog;
  /** The same API for the load generator, whose requests are told from those of the user. */
  readonly load: Calls;
  /** Whether calls that need a token have one. */
  readonly hasToken: () => boolean;
}

/** The API gives up after 15 s; a browser that still waits at 20 s is waiting for nobody. */
const ANSWER_WITHIN_MS = 20_000;

export function createApi(apiUrl: string, credentials: Credentials): Api {
  const log = new RequestLog();
  const calls = (by: RecordedRequest["by"]) => {
    const client = createClient<paths>({
      baseUrl: apiUrl,
      fetch: (request) =>
        fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]) }),
    });
    client.use(recording(log, apiUrl, by), bearing(credentials));
    return client;
  };
  return { ...calls("user"), log, load: calls("load"), hasToken: () => credentials.token() !== null };
}
