import type { Check } from './context-reader.ts';
import type { DatabaseEngine } from './stage-settings.ts';

/** Values are never repeated in what these checks say, because an endpoint may hold a password. */

const databaseSchemes: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  postgres: ['postgres:', 'postgresql:'],
  mysql: ['mysql:'],
};

export const checkDatabaseUrl = (engine: DatabaseEngine): Check => (value) => {
  const url = parse(value);
  if (url === undefined) return 'is not a URL';
  const wrong = [
    !databaseSchemes[engine].includes(url.protocol) && `has the scheme ${url.protocol}//`,
    url.hostname === '' && 'names no host',
    url.username === '' && 'names no user',
    url.pathname.length < 2 && 'names no database',
  ];
  return sentence(wrong);
};

export const checkCacheUrl: Check = (value) => {
  const url = parse(value);
  if (url === undefined) return 'is not a URL';
  const wrong = [
    !['redis:', 'rediss:'].includes(url.protocol) && `has the scheme ${url.protocol}//`,
    url.hostname === '' && 'names no host',
  ];
  return sentence(wrong);
};

/** Browsers compare origins byte by byte, so even a slash at the end would shut the web app out. */
export const checkWebOrigin: Check = (value) => {
  const url = parse(value);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return `"${value}" is not the origin of a web page`;
  }
  return url.origin === value ? undefined : `"${value}" is not exactly an origin, which is "${url.origin}"`;
};

export const checkEmail: Check = (value) =>
  /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? undefined : `"${value}" is not an address of e-mail`;

export const checkRepository: Check = (value) =>
  /^[\w.-]+\/[\w.-]+$/.test(value) ? undefined : `"${value}" is not the name of a repository`;

export const checkEnvironment: Check = (value) =>
  /^[\w.-]+$/.test(value) ? undefined : `"${value}" is not the name of an environment`;

export const checkOidcProvider: Check = (value) =>
  /^arn:aws[\w-]*:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/.test(value)
    ? undefined
    : `"${value}" is not the ARN of GitHub's provider`;

/** Of a folder of pages: ours are put behind it. */
export const checkHttpsAddress: Check = (value) => {
  const url = parse(value);
  return url?.protocol === 'https:' && !value.endsWith('/') && url.search === '' && url.hash === ''
    ? undefined
    : `"${value}" is not such an address`;
};

export const checkPrefixList: Check = (value) =>
  /^pl-[0-9a-f]{8,17}$/.test(value) ? undefined : `"${value}" is not the id of a prefix list`;

function parse(value: string): URL | undefined {
  return URL.canParse(value) ? new URL(value) : undefined;
}

function sentence(wrong: (string | false)[]): string | undefined {
  const found = wrong.filter((entry) => entry !== false);
  return found.length === 0 ? undefined : found.join(' and ');
}
