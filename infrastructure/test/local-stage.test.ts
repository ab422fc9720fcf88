import { describe, expect, test } from 'vitest';
import { devContext, localContext, Synthesis } from './synthesis.ts';

const local = new Synthesis(localContext);

describe('the local stage', () => {
  test('has a data stack and a service stack, and no network', () => {
    expect([...local.templates.keys()]).toEqual(['CircuitBreaker-local-Data', 'CircuitBreaker-local-Service']);
  });

  test('can be deployed to the emulator and to no account of AWS, for it has no sign-in', () => {
    expect(local.accounts).toEqual(['000000000000', '000000000000']);
    for (const { Code } of local.ofType('AWS::Lambda::Function')) {
      expect(JSON.stringify(Code)).toContain('-assets-000000000000-');
    }
    expect(new Set(new Synthesis(devContext).accounts)).toEqual(new Set([undefined]));
  });

  test('creates no network, database server or cache server', () => {
    const types = local.resources.map(({ Type }) => Type);
    expect(types.filter((type) => /^AWS::(EC2|RDS|ElastiCache)::/.test(type))).toEqual([]);
    expect(local.ofType('AWS::Lambda::Function').filter(({ VpcConfig }) => VpcConfig)).toEqual([]);
  });

  test('gives each function exactly the variables it reads', () => {
    const common = { STAGE: 'local', LOG_LEVEL: 'info', FAULT_INJECTION: 'allowed' };
    const cache = { CACHE_URL: 'redis://127.0.0.1:6379', CACHE_AUTH: 'password' };
    expect(local.environment('api')).toEqual({
      ...common,
      RETRY_FUNCTION_NAME: '${RetryLive}',
      FALLBACK_FUNCTION_NAME: '${FallbackLive}',
      CIRCUITS_TABLE_NAME: '${CircuitsTable}',
    });
    expect(local.environment('retry')).toEqual({
      ...common,
      ...cache,
      CACHE_FRESH_MS: '1000',
      DATABASE_MAX_CONNECTIONS: '8',
      CIRCUITS_TABLE_NAME: '${CircuitsTable}',
      FALLBACK_FUNCTION_NAME: '${FallbackLive}',
      DATABASE_URL: 'postgres://items:secret@127.0.0.1:5432/items',
      DATABASE_AUTH: 'password',
    });
    expect(local.environment('fallback')).toEqual({ ...common, ...cache });
  });

  test('puts out what is needed to talk to it', () => {
    expect(local.outputs('CircuitBreaker-local-Service').sort()).toEqual([
      'ApiFunctionName',
      'ApiId',
      'ApiUrl',
      'CircuitsTableName',
      'FallbackFunctionName',
      'RetryFunctionName',
    ]);
  });
});
