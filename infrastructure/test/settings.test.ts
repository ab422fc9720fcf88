import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSettings } from '../lib/settings/read-settings.ts';
import { SettingsError } from '../lib/settings/settings-error.ts';
import { type Context, devContext, localContext, prodContext } from './synthesis.ts';

const { functionsDir = '', ...localWithoutFunctions } = localContext;

describe('the local stage', () => {
  test('takes the endpoints it is given', () => {
    expect(read(localContext).backends).toEqual({
      kind: 'given',
      databaseUrl: 'postgres://items:secret@127.0.0.1:5432/items',
      cacheUrl: 'redis://127.0.0.1:6379',
    });
  });

  test('reports everything it is missing at once', () => {
    expect(mistakes({ stage: 'local' })).toEqual([
      'webOrigin is missing',
      'functionsDir is missing',
      'databaseUrl is missing',
      'cacheUrl is missing',
    ]);
  });

  test('refuses endpoints that are of another kind', () => {
    const context = { ...localContext, databaseUrl: 'mysql://127.0.0.1', cacheUrl: 'http://127.0.0.1:6379' };
    expect(mistakes(context)).toEqual([
      'databaseUrl has the scheme mysql:// and names no user and names no database',
      'cacheUrl has the scheme http://',
    ]);
  });

  test('takes a database of the kind it is told', () => {
    const databaseUrl = 'mysql://items:secret@127.0.0.1/items';
    expect(read({ ...localContext, databaseEngine: 'mysql', databaseUrl }).backends).toMatchObject({ databaseUrl });
    expect(mistakes({ ...localContext, databaseEngine: 'mysql' })).toEqual(['databaseUrl has the scheme postgres://']);
  });

  test('does not repeat a password in what it says', () => {
    const context = { ...localContext, databaseUrl: 'mysql://items:secret@127.0.0.1/items' };
    expect(errorFrom(context).message).not.toContain('secret');
  });
});

describe('the dev stage', () => {
  test('creates its own database and cache', () => {
    expect(read(devContext).backends.kind).toBe('managed');
  });

  test('must be told where DynamoDB is', () => {
    expect(mistakes({ ...devContext, dynamoDbPrefixList: '' })).toEqual(['dynamoDbPrefixList is missing']);
    expect(mistakes({ ...devContext, dynamoDbPrefixList: '0.0.0.0/0' })).toEqual([
      'dynamoDbPrefixList "0.0.0.0/0" is not the id of a prefix list',
    ]);
  });

  test('refuses what names no repository, and what would be for none', () => {
    expect(mistakes({ ...devContext, githubRepository: 'https://github.com/example/x' })).toEqual([
      'githubRepository "https://github.com/example/x" is not the name of a repository',
    ]);
    expect(mistakes({ ...devContext, githubEnvironment: 'dev', githubOidcProvider: 'arn:aws:iam::1:x' })).toEqual([
      'githubOidcProvider "arn:aws:iam::1:x" is not the ARN of GitHub\'s provider',
      'githubEnvironment is set, but there is no githubRepository that it would be for',
      'githubOidcProvider is set, but there is no githubRepository that it would be for',
    ]);
  });

  test('needs no web origin, because it hosts the web app', () => {
    const { webOrigin: _, ...context } = devContext;
    expect(read(context).webOrigin).toBeUndefined();
  });

  test('leads to the runbook in the repository that deploys', () => {
    expect(read({ ...devContext, githubRepository: 'example/breaker' }).observability?.runbookBase).toBe(
      'https://github.com/example/breaker/blob/main/docs/runbook',
    );
  });

  test('refuses an address that nobody would read', () => {
    expect(mistakes({ ...devContext, alarmEmail: 'on-call', runbookBase: 'http://example.com/' })).toEqual([
      'alarmEmail "on-call" is not an address of e-mail',
      'runbookBase "http://example.com/" is not such an address',
    ]);
  });

  test('refuses endpoints, which it would have to ignore', () => {
    const { databaseUrl = '', cacheUrl = '' } = localContext;
    expect(mistakes({ ...devContext, databaseUrl, cacheUrl })).toEqual([
      'databaseUrl is set, but the dev stage creates its own database',
      'cacheUrl is set, but the dev stage creates its own cache',
    ]);
  });
});

describe('the prod stage', () => {
  test('knows no way to inject faults', () => {
    expect(read(prodContext).functions.faultInjection).toBe('refused');
  });
});

describe('any stage', () => {
  test.each(['local', 'dev', 'prod'])('refuses a setting that it does not know, such as one misspelt: %s', (stage) => {
    const context = { ...(stage === 'local' ? localContext : devContext), stage, databseEngine: 'mysql' };
    expect(mistakes(context)).toEqual(['databseEngine is not a setting of this stage']);
  });

  test('refuses a database of a kind there is not', () => {
    expect(mistakes({ ...devContext, databaseEngine: 'oracle' })).toEqual([
      'databaseEngine "oracle" is none of what it can be',
    ]);
  });

  test("leaves CDK's own entries of the context alone", () => {
    expect(read({ ...localContext, 'cli-telemetry': 'false', '@aws-cdk/core:x': 'true', 'aws:cdk:y': 'true' })).toBeDefined();
  });

  test('that does not exist is reported together with whatever else is wrong', () => {
    expect(mistakes({ stage: 'staging', functionsDir })).toEqual([
      'stage there is no stage "staging"',
      'webOrigin is missing',
    ]);
  });

  test.each(['constructor', 'toString', '__proto__'])('is never called %s', (stage) => {
    expect(mistakes({ ...localContext, stage })).toEqual([`stage there is no stage "${stage}"`]);
  });

  test('says what would be right for each mistake', () => {
    expect(errorFrom({ ...localContext, webOrigin: '' }).message).toBe(
      [
        '1 setting is wrong:',
        '  webOrigin: is missing',
        '    right: scheme, host and port of the web app and nothing else, such as https://items.example.com',
        'Settings are passed as: cdk deploy -c <setting>=<value>',
      ].join('\n'),
    );
  });

  test.each([
    ['https://items.example.com/', '"https://items.example.com/" is not exactly an origin, which is "https://items.example.com"'],
    ['http://localhost:80/app', '"http://localhost:80/app" is not exactly an origin, which is "http://localhost"'],
    ['*', '"*" is not the origin of a web page'],
    ['file:///index.html', '"file:///index.html" is not the origin of a web page'],
  ])('refuses the web origin %s', (webOrigin, wrong) => {
    expect(mistakes({ ...devContext, webOrigin })).toEqual([`webOrigin ${wrong}`]);
  });
});

describe('the directory of functions', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'functions-'));
    cpSync(functionsDir, directory, { recursive: true });
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  test('may be relative to where the app runs', () => {
    const context = { ...localWithoutFunctions, functionsDir: relative(process.cwd(), directory) };
    expect(read(context).functions.directory).toBe(directory);
  });

  test('must hold a bootstrap of every function that may be executed', () => {
    rmSync(join(directory, 'api-lambda'), { recursive: true });
    chmodSync(join(directory, 'retry-lambda', 'bootstrap'), 0o644);
    expect(mistakes({ ...localContext, functionsDir: directory })).toEqual([
      `functionsDir ${directory}/api-lambda/bootstrap does not exist, ` +
        `${directory}/retry-lambda/bootstrap is not executable`,
    ]);
  });
});

function read(context: Context) {
  return readSettings(context);
}

function errorFrom(context: Context): SettingsError {
  try {
    read(context);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('nothing was wrong');
}

function mistakes(context: Context): string[] {
  return errorFrom(context).mistakes.map(({ setting, wrong }) => `${setting} ${wrong}`);
}
