import type {
  ApiSettings,
  DatabaseSettings,
  DataProtection,
  FunctionSettings,
  LogRetentionDays,
  ManagedBackends,
  NetworkSettings,
  Release,
  SignInSettings,
  WebHosting,
} from './stage-settings.ts';

/** The part of a stage's settings that does not change from one deployment to the next. */
export interface StageDefinition {
  /** The only account that it can be deployed to, where not every account will do. */
  readonly account: string | undefined;
  readonly functions: Omit<FunctionSettings, 'directory'>;
  /** Where `given`, the deployment must name both endpoints; where `managed`, it must not. */
  readonly backends: { readonly kind: 'given' } | ManagedDefinition;
  readonly api: ApiSettings;
  readonly signIn: Omit<SignInSettings, 'itemsFor'> | undefined;
  readonly release: Release;
  readonly web: WebHosting;
  readonly observability: 'dashboard-and-alarms' | 'none';
  readonly logRetentionDays: LogRetentionDays;
  readonly dataProtection: DataProtection;
}

export interface ManagedDefinition extends Omit<ManagedBackends, 'network' | 'database'> {
  readonly network: Omit<NetworkSettings, 'dynamoDbPrefixList'>;
  readonly database: Omit<DatabaseSettings, 'engine'>;
}

/** The whole system on one machine: an AWS emulator beside a real database and a real cache. */
const local: StageDefinition = {
  // The emulator's. AWS gives it to nobody, so this stage without sign-in cannot get on the internet: CDK
  // refuses the credentials of another account, and the functions' code lies in a bucket of this one.
  account: '000000000000',
  // Entries stay fresh for so short a time that a visitor sees what an outage does at once.
  functions: {
    architecture: 'x86_64',
    memoryMb: 256,
    logLevel: 'info',
    cacheFreshMs: 1_000,
    databaseConnections: 8,
    faultInjection: 'allowed',
    reservedConcurrency: undefined,
  },
  backends: { kind: 'given' },
  // The emulator shares the machine with everything else; the limits only have to be out of the way.
  api: {
    throttling: {
      items: { perSecond: 10_000, burst: 5_000 },
      operations: { perSecond: 10_000, burst: 5_000 },
      trail: { perSecond: 10_000, burst: 5_000 },
      information: { perSecond: 10_000, burst: 5_000 },
    },
  },
  // The emulator knows neither users' pools that issue tokens over HTTP nor CodeDeploy, and tests change
  // a function's variables while it runs.
  signIn: undefined,
  release: 'unversioned',
  web: 'elsewhere',
  observability: 'none',
  logRetentionDays: 1,
  dataProtection: 'disposable',
};

/** The real thing at its smallest: no standby, no replica, everything else as in production. */
const dev: StageDefinition = {
  account: undefined,
  functions: {
    architecture: 'arm64',
    memoryMb: 256,
    logLevel: 'info',
    cacheFreshMs: 2_000,
    databaseConnections: 4,
    // By those who signed in.
    faultInjection: 'allowed',
    // The database has room for some 80 connections.
    reservedConcurrency: { retry: 40, fallback: 20 },
  },
  backends: {
    kind: 'managed',
    network: { cidr: '10.20.0.0/16', availabilityZones: 2 },
    database: {
      instanceClass: 'db.t4g.micro',
      storageGb: 20,
      maxStorageGb: 50,
      standby: 'none',
      backupRetentionDays: 7,
      performanceInsights: 'none',
    },
    cache: { nodeType: 'cache.t4g.micro', replicas: 0 },
  },
  api: {
    throttling: {
      items: { perSecond: 200, burst: 400 },
      operations: { perSecond: 2, burst: 5 },
      // As many as there are operators who watch.
      trail: { perSecond: 10, burst: 20 },
      information: { perSecond: 50, burst: 100 },
    },
  },
  signIn: { secondFactor: 'optional', threatProtection: 'none' },
  release: 'at-once',
  web: 'amplify',
  observability: 'dashboard-and-alarms',
  logRetentionDays: 14,
  dataProtection: 'disposable',
};

/** Nothing that fails alone takes it down, and its data outlives its stacks. */
const prod: StageDefinition = {
  account: undefined,
  functions: {
    architecture: 'arm64',
    memoryMb: 512,
    logLevel: 'info',
    cacheFreshMs: 2_000,
    databaseConnections: 8,
    faultInjection: 'refused',
    // The database has room for some 800 connections; an account has 1,000 environments, of which Lambda
    // lets no function take the last 100.
    reservedConcurrency: { retry: 300, fallback: 200 },
  },
  backends: {
    kind: 'managed',
    // A standby needs a second zone; a third would cost another network endpoint and survive no more.
    network: { cidr: '10.30.0.0/16', availabilityZones: 2 },
    database: {
      // Not of the burstable kind, which would slow down just when an outage ends and everybody is back.
      instanceClass: 'db.m7g.large',
      storageGb: 100,
      maxStorageGb: 1_000,
      standby: 'second-zone',
      backupRetentionDays: 35,
      performanceInsights: 'kept-a-week',
    },
    cache: { nodeType: 'cache.m7g.large', replicas: 1 },
  },
  api: {
    throttling: {
      items: { perSecond: 1_000, burst: 2_000 },
      operations: { perSecond: 2, burst: 5 },
      trail: { perSecond: 20, burst: 40 },
      information: { perSecond: 100, burst: 200 },
    },
  },
  signIn: { secondFactor: 'required', threatProtection: 'enforced' },
  release: 'canary',
  web: 'amplify',
  observability: 'dashboard-and-alarms',
  logRetentionDays: 90,
  dataProtection: 'kept',
};

export const stages: Readonly<Record<string, StageDefinition>> = { local, dev, prod };
