export interface RuntimeConfig {
  apiUrl: string;
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
  const mistakes = Object.keys(config)
    .filter((key) => key !== "apiUrl")
    .map((key) => `"${key}" is not a setting; the only one is "apiUrl".`);
  const apiUrl = config.apiUrl;
  if (typeof apiUrl !== "string") mistakes.push('"apiUrl" is missing or is not text.');
  else if (!isHttpAddress(apiUrl)) mistakes.push(`"apiUrl" is "${apiUrl}", which is not an http(s) address without query.`);
  if (typeof apiUrl !== "string" || mistakes.length > 0) throw new ConfigProblem(mistakes);
  return { apiUrl: apiUrl.replace(/\/+$/, "") };
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
