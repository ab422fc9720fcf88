/**
 * What distinguishes one stage from another, as plain data.
 *
 * Constructs take the part they need and never ask for the stage's name, so a new stage is a new
 * object in `stages.ts` and nothing else.
 */
export interface StageSettings {
  readonly stage: string;
  /** The only account that it can be deployed to, where not every account will do. */
  readonly account: string | undefined;
  /** Where the web app is hosted. */
  readonly web: WebHosting;
  /** The one origin whose pages may call the API from a browser, where it is not the one Amplify gives. */
  readonly webOrigin: string | undefined;
  readonly functions: FunctionSettings;
  readonly backends: Backends;
  readonly api: ApiSettings;
  /** Nobody has to sign in where there is nobody to sign in to. */
  readonly signIn: SignInSettings | undefined;
  readonly release: Release;
  /** Nobody watches a stage that has none. */
  readonly observability: ObservabilitySettings | undefined;
  /** Where nothing deploys but people, there is none. */
  readonly github: GitHubSettings | undefined;
  readonly logRetentionDays: LogRetentionDays;
  readonly dataProtection: DataProtection;
}

export interface FunctionSettings {
  /** Holds one folder a function, each with its compiled `bootstrap`. */
  readonly directory: string;
  readonly architecture: 'arm64' | 'x86_64';
  readonly memoryMb: number;
  /** Filter of the functions' logs, in the syntax of Rust's `tracing`. */
  readonly logLevel: string;
  /**
   * How long a cache entry stands for the database, 1 to 5,000 ms. A read may miss a write for as long, if the
   * cache refused or lost it: this is a promise to whoever wrote, and not only a matter of the database's load.
   */
  readonly cacheFreshMs: number;
  /**
   * The most connections that one environment of the Retry function holds, where Lambda gives it several
   * requests at a time (managed instances). A classic environment holds one, whatever this says. All
   * environments together must leave the database some connections.
   */
  readonly databaseConnections: number;
  /** Whether whoever may call the API may also inject faults: nowhere where it would hurt users. */
  readonly faultInjection: 'allowed' | 'refused';
  readonly reservedConcurrency: ReservedConcurrency | undefined;
}

/** Environments that only this function may use, and that are all it can have. */
export interface ReservedConcurrency {
  /** A classic environment holds one connection to the database, which has only so many. */
  readonly retry: number;
  /** Enough to answer for everybody when nobody else answers. */
  readonly fallback: number;
}

/** Either somebody else runs the database and the cache, or this app creates them in a network of their own. */
export type Backends = GivenBackends | ManagedBackends;

export interface GivenBackends {
  readonly kind: 'given';
  readonly databaseUrl: string;
  readonly cacheUrl: string;
}

export interface ManagedBackends {
  readonly kind: 'managed';
  readonly network: NetworkSettings;
  readonly database: DatabaseSettings;
  readonly cache: CacheSettings;
}

export interface NetworkSettings {
  readonly cidr: string;
  readonly availabilityZones: number;
  /**
   * AWS's own list of DynamoDB's addresses in the region. CloudFormation has no name for it and a
   * template cannot look it up, so whoever deploys says it.
   */
  readonly dynamoDbPrefixList: string;
}

/** The kinds of server that the Retry function keeps its items in. */
export const databaseEngines = ['postgres', 'mysql'] as const;
export type DatabaseEngine = (typeof databaseEngines)[number];

export interface DatabaseSettings {
  readonly engine: DatabaseEngine;
  readonly instanceClass: string;
  readonly storageGb: number;
  /** Storage grows by itself up to here before it is full. */
  readonly maxStorageGb: number;
  /** Whether a standby in a second availability zone takes over when the first one fails. */
  readonly standby: 'none' | 'second-zone';
  readonly backupRetentionDays: number;
  /** Which statements the database spends its time on; the smallest instances cannot tell. */
  readonly performanceInsights: 'kept-a-week' | 'none';
}

export interface CacheSettings {
  readonly nodeType: string;
  /** Copies of the primary, each in another availability zone; with at least one, failover is automatic. */
  readonly replicas: number;
}

export interface ApiSettings {
  readonly throttling: Readonly<Record<Purpose, RateLimit>>;
}

/**
 * What a route is for: work with items; changing how the system behaves; telling who changed it, and why; or
 * telling about it what is for everybody. `api-lambda/src/access` says the same of the function's own routes.
 */
export type Purpose = 'items' | 'operations' | 'trail' | 'information';

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

export const itemsAccess = ['everyone', 'signed-in'] as const;

/** Users sign in; nobody can make an account alone. */
export interface SignInSettings {
  /** Who may work with items; operations are always for operators. */
  readonly itemsFor: (typeof itemsAccess)[number];
  readonly secondFactor: 'required' | 'optional';
  /** Whether Cognito refuses sign-ins that look like an attack, which is paid by user. */
  readonly threatProtection: 'enforced' | 'none';
}

/**
 * How a new version of a function takes over from the old one.
 *
 * `unversioned`: at once and for good, where nothing can shift traffic. `at-once` and `canary` go back
 * when the new version fails.
 */
export type Release = 'unversioned' | 'at-once' | 'canary';

export interface ObservabilitySettings {
  /** Who is told when an alarm rings, besides those who subscribe by themselves. */
  readonly alarmEmail: string | undefined;
  /** Where the pages of the runbook can be read. */
  readonly runbookBase: string;
}

export type WebHosting = 'amplify' | 'elsewhere';

/** Whose workflows may deploy. */
export interface GitHubSettings {
  readonly repository: string;
  /** With one, only jobs in it; without, only jobs on the branch `main`. */
  readonly environment: string | undefined;
  /** Where the account has one already. */
  readonly oidcProviderArn: string | undefined;
}

/** The retentions CloudWatch Logs knows that make sense here. */
export type LogRetentionDays = 1 | 7 | 14 | 30 | 90 | 365;

/** `disposable`: a stage can be destroyed and made anew; `kept`: its data outlives its stacks. */
export type DataProtection = 'disposable' | 'kept';
