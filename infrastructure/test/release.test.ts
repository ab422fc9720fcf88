import { describe, expect, test } from 'vitest';
import { stages } from '../lib/settings/stages.ts';
import { devContext, localContext, prodContext, rendered, Synthesis } from './synthesis.ts';

const kinds = ['api', 'retry', 'fallback'];

describe.each([
  [devContext, 'LambdaAllAtOnce'],
  [prodContext, 'LambdaCanary10Percent5Minutes'],
])('a release in the $stage stage', (context, configuration) => {
  const stage = new Synthesis(context);
  const groups = stage.ofType('AWS::CodeDeploy::DeploymentGroup');

  test('shifts each function by the stage\'s pace and goes back by itself', () => {
    expect(groups.map(({ DeploymentGroupName }) => DeploymentGroupName).sort()).toEqual(
      kinds.map((kind) => `circuit-breaker-${context['stage']}-${kind}`).sort(),
    );
    for (const group of groups) {
      expect(rendered(group['DeploymentConfigName'])).toBe(`CodeDeployDefault.${configuration}`);
      expect(group['AutoRollbackConfiguration']).toEqual({
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
      });
      expect(group['AlarmConfiguration']).toMatchObject({ Enabled: true });
      expect(group['AlarmConfiguration'].Alarms).toHaveLength(1);
    }
    const shifted = stage.resources.filter(({ Type, UpdatePolicy }) => Type === 'AWS::Lambda::Alias' && UpdatePolicy);
    expect(shifted).toHaveLength(3);
  });

  test('is judged by functions that fail, and not by what an open circuit has them answer', () => {
    const names = groups.flatMap(({ AlarmConfiguration }) => AlarmConfiguration.Alarms.map(({ Name }: any) => rendered(Name)));
    const alarms = stage.ofType('AWS::CloudWatch::Alarm').filter(({ AlarmName }) => AlarmName.endsWith('-release-fails'));
    expect(names).toHaveLength(alarms.length);
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Errors', TreatMissingData: 'notBreaching' });
      const resource = alarm['Dimensions'].find(({ Name }: any) => Name === 'Resource');
      expect(rendered(resource.Value)).toMatch(/:live$/);
    }
  });

  test('keeps the version before', () => {
    const versions = stage.resources.filter(({ Type }) => Type === 'AWS::Lambda::Version');
    expect(versions.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Retain', 'Retain', 'Retain']);
  });

  test('may shift the traffic of these functions alone', () => {
    const role = stage.resources.find(
      ({ Type, Properties }) => Type === 'AWS::IAM::Role' && JSON.stringify(Properties).includes('codedeploy.amazonaws.com'),
    );
    expect(role?.Properties['ManagedPolicyArns']).toBeUndefined();
    const [shift] = role?.Properties['Policies'][0].PolicyDocument.Statement;
    const names = shift.Resource.map(rendered).map((arn: string) => arn.split(':function:')[1]);
    const functions = kinds.map((kind) => `circuit-breaker-${context['stage']}-${kind}`);
    expect(names.sort()).toEqual(functions.flatMap((name) => [name, `${name}:*`]).sort());
  });
});

test('the emulator has the same alias, of the function itself', () => {
  const local = new Synthesis(localContext);
  const aliases = local.ofType('AWS::Lambda::Alias').map(({ Name, FunctionVersion }) => [Name, rendered(FunctionVersion)]);
  expect(aliases).toEqual([['live', '$LATEST'], ['live', '$LATEST'], ['live', '$LATEST']]);
  expect(local.ofType('AWS::CodeDeploy::DeploymentGroup')).toEqual([]);
});

describe('reserved concurrency', () => {
  /** `max_connections` of RDS: an eighth of what is left of the memory, by the smaller share of the two engines. */
  const connections: Record<string, number> = { 'db.t4g.micro': 80, 'db.m7g.large': 680 };

  test.each(['dev', 'prod'])('leaves the database of %s connections to spare, and the account environments', (name) => {
    const { functions, backends } = stages[name]!;
    const { retry = 0, fallback = 0 } = functions.reservedConcurrency ?? {};
    if (backends.kind === 'given') throw new Error('a database of its own was expected');
    expect(retry).toBeGreaterThan(0);
    expect(fallback).toBeGreaterThan(0);
    expect(retry).toBeLessThanOrEqual(0.6 * (connections[backends.database.instanceClass] ?? 0));
    expect(retry + fallback).toBeLessThanOrEqual(1_000 - 100);
  });

  test.each(['dev', 'prod'])('is no bound on managed instances, of which %s has room for ten environments at least', (name) => {
    const { functions, backends } = stages[name]!;
    if (backends.kind === 'given') throw new Error('a database of its own was expected');
    const room = 0.6 * (connections[backends.database.instanceClass] ?? 0);
    expect(Math.floor(room / functions.databaseConnections)).toBeGreaterThanOrEqual(10);
  });

  test('is given to the functions that need it', () => {
    const reserved = (kind: string) => new Synthesis(devContext).function(kind)['ReservedConcurrentExecutions'];
    expect(kinds.map(reserved)).toEqual([undefined, 40, 20]);
  });

  test('can be left out where an account is new and has hardly any', () => {
    const stage = new Synthesis({ ...devContext, reservedConcurrency: 'off' });
    expect(kinds.map((kind) => stage.function(kind)['ReservedConcurrentExecutions'])).toEqual([undefined, undefined, undefined]);
  });
});
