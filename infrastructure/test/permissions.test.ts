import { describe, expect, test } from 'vitest';
import { devContext, localContext, prodContext, type Resource, rendered, Synthesis } from './synthesis.ts';

interface Permission {
  readonly action: string;
  readonly resource: string;
}

const keepCircuits = ['GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
  (action) => `dynamodb:${action} on \${CircuitsTable Arn}`,
);

describe.each([localContext, devContext, prodContext])('in the $stage stage', (context) => {
  const stage = new Synthesis(context);

  test('no role may do everything a service can', () => {
    expect(permissions(stage.resources).filter(({ action }) => action.includes('*'))).toEqual([]);
  });

  test('only what knows no narrower resource is allowed on all resources', () => {
    const onEverything = permissions(stage.resources).filter(({ resource }) => resource === '*');
    const actions = new Set(onEverything.map(({ action }) => action));
    const tracing = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    const network = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
    const inNetwork = stage.function('retry')['VpcConfig'] !== undefined;
    expect([...actions].sort()).toEqual(inNetwork ? [...network, ...tracing] : tracing);
  });

  test('each function has a role of its own, without any managed policy', () => {
    const roles = stage.ofType('AWS::Lambda::Function').map(({ Role }) => rendered(Role));
    expect(new Set(roles).size).toBe(3);
    expect(stage.ofType('AWS::IAM::Role').filter(({ ManagedPolicyArns }) => ManagedPolicyArns)).toEqual([]);
  });

  test('the API function may invoke the others and keep circuits, and nothing else', () => {
    expect(of(stage, 'api')).toEqual([
      ...keepCircuits,
      'lambda:InvokeFunction on ${FallbackLive}',
      'lambda:InvokeFunction on ${RetryLive}',
      'logs:CreateLogStream on ${ApiLogs.Arn}',
      'logs:PutLogEvents on ${ApiLogs.Arn}',
    ]);
  });
});

describe('what the functions may do to the database and the cache', () => {
  const local = new Synthesis(localContext);
  const dev = new Synthesis(devContext);
  const arn = (service: string) => `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}`;

  test('is nothing that IAM would know of, where the endpoints are given', () => {
    expect(of(local, 'retry')).toEqual([
      ...keepCircuits,
      'lambda:InvokeFunction on ${FallbackLive}',
      'logs:CreateLogStream on ${RetryLogs.Arn}',
      'logs:PutLogEvents on ${RetryLogs.Arn}',
    ]);
    expect(of(local, 'fallback')).toEqual([
      'logs:CreateLogStream on ${FallbackLogs.Arn}',
      'logs:PutLogEvents on ${FallbackLogs.Arn}',
    ]);
  });

  test('is to connect as one user of the database and one of the cache', () => {
    const connect = (kind: string) => of(dev, kind).filter((permission) => /connect on/i.test(permission));
    expect(connect('retry')).toEqual([
      `elasticache:Connect on ${arn('elasticache')}:replicationgroup:\${Cache}`,
      `elasticache:Connect on ${arn('elasticache')}:user:\${CacheWriter}`,
      `rds-db:connect on ${arn('rds-db')}:dbuser:\${DatabaseInstance DbiResourceId}/items_owner`,
    ]);
    expect(connect('fallback')).toEqual([
      `elasticache:Connect on ${arn('elasticache')}:replicationgroup:\${Cache}`,
      `elasticache:Connect on ${arn('elasticache')}:user:\${CacheReader}`,
    ]);
  });

  test('leaves the network interfaces to the Lambda service', () => {
    for (const kind of ['retry', 'fallback']) {
      const denied = dev.roleOf(kind).flatMap(statements).filter(({ Effect }) => Effect === 'Deny');
      expect(denied).toHaveLength(1);
      expect(denied[0]?.['Action']).toContain('ec2:CreateNetworkInterface');
      expect(rendered(denied[0]?.['Condition'].ArnEquals['lambda:SourceFunctionArn'])).toMatch(
        new RegExp(`:function:circuit-breaker-dev-${kind}$`),
      );
    }
  });
});

/** What a function's role allows besides tracing and networking, which are tested by themselves. */
function of(stage: Synthesis, kind: string): string[] {
  return permissions(stage.roleOf(kind))
    .filter(({ action }) => !/^(xray|ec2):/.test(action))
    .map(({ action, resource }) => `${action} on ${resource}`)
    .sort();
}

function permissions(resources: readonly Resource[]): Permission[] {
  return resources
    .flatMap(statements)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((each) => ({ action, resource: rendered(each) }))),
    );
}

/** Of a role or a policy. */
function statements({ Type, Properties }: Resource): Record<string, any>[] {
  const policies = Type === 'AWS::IAM::Role' ? Properties['Policies'] : undefined;
  const inline = (policies ?? []).flatMap((policy: any) => policy.PolicyDocument.Statement);
  return [...inline, ...(Properties['PolicyDocument']?.Statement ?? [])];
}
