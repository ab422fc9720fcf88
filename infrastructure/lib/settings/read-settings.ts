import { resolve } from 'node:path';
import { type Context, ContextReader } from './context-reader.ts';
import {
  checkCacheUrl,
  checkDatabaseUrl,
  checkEmail,
  checkEnvironment,
  checkHttpsAddress,
  checkOidcProvider,
  checkPrefixList,
  checkRepository,
  checkWebOrigin,
} from './endpoints.ts';
import { checkFunctionsDirectory, functionFolders } from './function-folders.ts';
import { SettingsError } from './settings-error.ts';
import {
  type Backends,
  databaseEngines,
  type GitHubSettings,
  itemsAccess,
  type ObservabilitySettings,
  type ReservedConcurrency,
  type SignInSettings,
  type StageSettings,
} from './stage-settings.ts';
import { stages, type StageDefinition } from './stages.ts';

const right = {
  stage: `one of ${Object.keys(stages).join(', ')}`,
  webOrigin: 'scheme, host and port of the web app and nothing else, such as https://items.example.com',
  functionsDir: `a directory with an executable bootstrap in each of ${Object.values(functionFolders).join(', ')}`,
  databaseUrl: { postgres: 'postgres://user:password@host:port/database', mysql: 'mysql://user:password@host:port/database' },
  cacheUrl: 'redis://host:port, or rediss:// for TLS',
  githubRepository: 'owner and name of the repository that deploys, such as example/circuit-breaker',
  githubEnvironment: 'the environment that its deploying jobs run in, such as prod',
  githubOidcProvider: 'arn:aws:iam::<account>:oidc-provider/token.actions.githubusercontent.com',
  alarmEmail: 'one address of e-mail, such as on-call@example.com',
  runbookBase: 'where docs/runbook can be read: https, without a slash at the end',
  dynamoDbPrefixList:
    'the PrefixListId that `aws ec2 describe-managed-prefix-lists --filters ' +
    'Name=prefix-list-name,Values=com.amazonaws.<region>.dynamodb` tells, such as pl-02cd2c6b',
};

/**
 * Reads the settings of a deployment from the CDK context.
 *
 * @throws SettingsError with every mistake there is.
 */
export function readSettings(context: Context): StageSettings {
  const reader = new ContextReader(context);
  const stage = reader.required('stage', right.stage, (value) =>
    Object.hasOwn(stages, value) ? undefined : `there is no stage "${value}"`,
  );
  const definition = stages[stage];
  const webOrigin =
    definition?.web === 'amplify'
      ? reader.optional('webOrigin', right.webOrigin, checkWebOrigin)
      : reader.required('webOrigin', right.webOrigin, checkWebOrigin);
  const functionsDir = reader.required('functionsDir', right.functionsDir, checkFunctionsDirectory);
  const backends = definition && readBackends(reader, stage, definition);
  const signIn = definition?.signIn && readSignIn(reader, definition.signIn);
  const reservedConcurrency = definition?.functions.reservedConcurrency && readReserved(reader, definition);
  const github = definition?.web === 'amplify' ? readGitHub(reader) : undefined;
  const observability =
    definition?.observability === 'dashboard-and-alarms' ? readObservability(reader, github) : undefined;
  // What else there may be depends on the stage.
  if (definition) reader.nothingElse();

  if (definition === undefined || backends === undefined || reader.mistakes.length > 0) {
    throw new SettingsError(reader.mistakes);
  }
  const functions = { ...definition.functions, directory: resolve(functionsDir), reservedConcurrency };
  return { ...definition, stage, webOrigin, functions, backends, signIn, observability, github };
}

function readGitHub(reader: ContextReader): GitHubSettings | undefined {
  const repository = reader.optional('githubRepository', right.githubRepository, checkRepository);
  const environment = reader.optional('githubEnvironment', right.githubEnvironment, checkEnvironment);
  const oidcProviderArn = reader.optional('githubOidcProvider', right.githubOidcProvider, checkOidcProvider);
  if (repository !== undefined) return { repository, environment, oidcProviderArn };
  const wrong = 'is set, but there is no githubRepository that it would be for';
  for (const setting of ['githubEnvironment', 'githubOidcProvider']) reader.absent(setting, wrong, 'set both');
  return undefined;
}

function readObservability(reader: ContextReader, github: GitHubSettings | undefined): ObservabilitySettings {
  const alarmEmail = reader.optional('alarmEmail', right.alarmEmail, checkEmail);
  const runbookBase = reader.optional('runbookBase', right.runbookBase, checkHttpsAddress) ?? runbookOf(github);
  return { alarmEmail, runbookBase };
}

function readSignIn(reader: ContextReader, signIn: Omit<SignInSettings, 'itemsFor'>): SignInSettings {
  return { ...signIn, itemsFor: reader.choice('itemsFor', itemsAccess) };
}

function runbookOf(github: GitHubSettings | undefined): string {
  const folder = 'docs/runbook';
  return github === undefined ? folder : `https://github.com/${github.repository}/blob/main/${folder}`;
}

/** A new account has so few environments that none of them can be reserved. */
function readReserved(reader: ContextReader, { functions }: StageDefinition): ReservedConcurrency | undefined {
  return reader.choice('reservedConcurrency', ['on', 'off']) === 'on' ? functions.reservedConcurrency : undefined;
}

function readBackends(reader: ContextReader, stage: string, { backends }: StageDefinition): Backends {
  const engine = reader.choice('databaseEngine', databaseEngines);
  if (backends.kind === 'given') {
    const databaseUrl = reader.required('databaseUrl', right.databaseUrl[engine], checkDatabaseUrl(engine));
    const cacheUrl = reader.required('cacheUrl', right.cacheUrl, checkCacheUrl);
    return { kind: 'given', databaseUrl, cacheUrl };
  }
  for (const [setting, what] of [['databaseUrl', 'database'], ['cacheUrl', 'cache']] as const) {
    reader.absent(setting, `is set, but the ${stage} stage creates its own ${what}`, 'leave it out');
  }
  const dynamoDbPrefixList = reader.required('dynamoDbPrefixList', right.dynamoDbPrefixList, checkPrefixList);
  return {
    ...backends,
    network: { ...backends.network, dynamoDbPrefixList },
    database: { ...backends.database, engine },
  };
}
