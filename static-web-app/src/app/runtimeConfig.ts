import type { SignInConfig } from "@/shared/session/userManager";

export interface RuntimeConfig {
  apiUrl: string;
  /** Null where the stage has no sign-in. */
  signIn: SignInConfig | null;
}

/** Everything that is wrong with `config.json`, each told in a sentence. */
export class ConfigProblem extends Error {
  override readonly name = "ConfigProblem";

  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join(" "));
  }
}

const ANSWER_WITHIN_MS = 10_000;

/** Reads the address of the API at start, so that one build serves every stage. */
export async function loadRuntimeConfig(): Promise<RuntimeConfig> {
  const address = new URL(`${import.meta.env.BASE_URL}config.json`, window.location.origin);
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const response = await fetch(address, { cache: "no-store", signal }).catch(() => {
    throw new ConfigProblem([`${address.pathname} could not be fetched: this page's server does not answer.`]);
  });
  if (!response.ok) {
    throw new ConfigProblem([`${address.pathname} was answered with ${response.status} ${response.statusText}.`]);
  }
  return parseRuntimeConfig(await response.text());
}

export function parseRuntimeConfig(text: string): RuntimeConfig {
  const config = parseObject(text);
  const mistakes = unknownIn(config, "", ["apiUrl", "signIn"]);
  const apiUrl = address(config.apiUrl, "apiUrl", mistakes);
  const signIn = config.signIn === undefined ? null : parseSignIn(config.signIn, mistakes);
  if (mistakes.length > 0) throw new ConfigProblem(mistakes);
  return { apiUrl, signIn };
}

function parseSignIn(value: unknown, mistakes: string[]): SignInConfig | null {
  if (typeof value !== "object" || value === null) {
    mistakes.push('"signIn" is not an object with "url" and "clientId".');
    return null;
  }
  const signIn: Record<string, unknown> = { ...value };
  mistakes.push(...unknownIn(signIn, "signIn.", ["url", "clientId"]));
  const url = address(signIn.url, "signIn.url", mistakes);
  const clientId = typeof signIn.clientId === "string" ? signIn.clientId : "";
  if (clientId === "") mistakes.push('"signIn.clientId" is missing or is not text.');
  return { url, clientId };
}

function unknownIn(config: Record<string, unknown>, prefix: string, known: readonly string[]): string[] {
  return Object.keys(config)
    .filter((key) => !known.includes(key))
    .map((key) => `"${prefix}${key}" is not a setting; there are "${known.map((name) => prefix + name).join('" and "')}".`);
}

/** An address without a slash at its end; if it is none, a mistake is noted. */
function address(value: unknown, name: string, mistakes: string[]): string {
  if (typeof value !== "string") mistakes.push(`"${name}" is missing or is not text.`);
  else if (!isHttpAddress(value)) mistakes.push(`"${name}" is "${value}", which is not an http(s) address without query.`);
  else return value.replace(/\/+$/, "");
  return "";
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below, as for JSON that is no object: a host that answers every path with the page sends HTML here.
  }
  throw new ConfigProblem(["What came as /config.json is not a JSON object."]);
}

function isHttpAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && search === "" && hash === "";
}
