import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { accessQueries, queries } from '../lib/constructs/observability/saved-queries.ts';
import { devContext, localContext, prodContext, rendered, Synthesis } from './synthesis.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const source = (path: string) => readFileSync(join(repository, path), 'utf8');

function sourcesOf(folder: string): string {
  const path = join(repository, folder);
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => file.endsWith('.rs') && statSync(file).isFile())
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

const metricNames = source('crates/lambda-kit/src/metrics.rs');
const constants = new Map([...metricNames.matchAll(/pub const (\w+): &str = "(\w+)"/g)].map(([, name, value]) => [value, name]));
const emitters = {
  api: sourcesOf('api-lambda/src'),
  retry: sourcesOf('retry-lambda/src'),
  shared: sourcesOf('crates/lambda-kit/src').replace(metricNames, ''),
};

/** Whether a function has code of its own, or shared code, that counts by this name. */
function emits(kind: string, metric: string): boolean {
  const constant = constants.get(metric);
  if (constant === undefined) return false;
  const used = new RegExp(`\\b${constant}\\b`);
  return used.test(emitters[kind as 'api' | 'retry'] ?? '') || used.test(emitters.shared);
}

describe.each([devContext, prodContext])('in the $stage stage', (context) => {
  const stage = new Synthesis(context);
  const alarms = stage.ofType('AWS::CloudWatch::Alarm');
  const composite = stage.only('AWS::CloudWatch::CompositeAlarm');
  const dashboard = rendered(stage.only('AWS::CloudWatch::Dashboard')['DashboardBody']);
  const widgets: Record<string, any>[] = JSON.parse(dashboard).widgets.map(({ properties }: any) => properties);

  /** Function and name of every metric of our own that somebody looks at. */
  const own = [
    ...widgets
      .flatMap(({ metrics = [] }) => metrics as any[][])
      .filter(([namespace]) => namespace === 'CircuitBreaker')
      .map(([, name, ...dimensions]) => [dimensions[dimensions.indexOf('Function') + 1], name]),
    ...alarms
      .flatMap((alarm) => [alarm, ...(alarm['Metrics'] ?? []).flatMap((each: any) => each.MetricStat?.Metric ?? [])])
      .filter(({ Namespace }) => Namespace === 'CircuitBreaker')
      .map(({ MetricName, Dimensions }) => [Dimensions.find((each: any) => each.Name === 'Function').Value, MetricName]),
  ] as [string, string][];

  test('nobody looks at a metric that no function emits', () => {
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(([kind, name]) => !emits(kind, name))).toEqual([]);
    expect(metricNames).toContain('NAMESPACE: &str = "CircuitBreaker"');
  });

  test('every metric that the API function emits is looked at', () => {
    const looked = new Set(own.filter(([kind]) => kind === 'api').map(([, name]) => name));
    const emitted = [...constants.keys()].filter((name) => name !== 'CircuitBreaker' && !name!.startsWith('Cache'));
    expect(emitted.filter((name) => !looked.has(name!))).toEqual([]);
  });

  test('every alarm says what to do, on a page that exists', () => {
    for (const { AlarmDescription, AlarmName } of [...alarms, composite] as any[]) {
      const [, page] = AlarmDescription.match(/What to do: docs\/runbook\/([\w-]+\.md)$/) ?? [];
      expect(page, AlarmName).toBeDefined();
      expect(existsSync(join(repository, 'docs/runbook', page!)), page).toBe(true);
    }
  });

  test('every page of the runbook belongs to an alarm, or to what an operator does', () => {
    const linked = [...alarms, composite].map(({ AlarmDescription }) => AlarmDescription.replace(/^.*\//, ''));
    const withoutAlarm = ['README.md', 'after-a-restore.md'];
    const pages = readdirSync(join(repository, 'docs/runbook')).filter((name) => !withoutAlarm.includes(name));
    expect(pages.sort()).toEqual([...new Set(linked)].sort());
  });

  test('every alarm is announced, what users see by one over all of it', () => {
    const users = ['errors-seen', 'second-best', 'slow-answers'].map((name) => `circuit-breaker-${context['stage']}-${name}`);
    const silent = alarms.filter(({ AlarmActions }) => AlarmActions === undefined).map(({ AlarmName }) => AlarmName);
    expect(silent.filter((name) => !name.endsWith('-release-fails')).sort()).toEqual(users);
    expect(composite['AlarmActions'].map(rendered)).toEqual(['${Topic}']);
    expect(JSON.stringify(composite['AlarmRule']).match(/ALARM\(/g)).toHaveLength(users.length);
  });

  test('alarms look at every minute', () => {
    for (const alarm of alarms) {
      const periods = [alarm['Period'], ...(alarm['Metrics'] ?? []).map(({ MetricStat }: any) => MetricStat?.Period)];
      expect([...new Set(periods.filter((each) => each !== undefined))], alarm['AlarmName']).toEqual([60]);
    }
  });

  test('a lack of data rings no alarm', () => {
    for (const alarm of alarms) expect(alarm['TreatMissingData']).toBe('notBreaching');
  });

  test('alarms, and nobody else, may write to their topic', () => {
    const statements: Record<string, any>[] = stage.only('AWS::SNS::TopicPolicy')['PolicyDocument'].Statement;
    const [allowed, ...others] = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(others).toEqual([]);
    expect(allowed).toMatchObject({ Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' } });
    expect(rendered(allowed?.['Condition'].StringEquals['aws:SourceAccount'])).toBe('${AWS::AccountId}');
    expect(statements.filter(({ Effect, Condition }) => Effect === 'Deny' && Condition.Bool['aws:SecureTransport'] === 'false')).toHaveLength(1);
  });

  test('what alarms say travels encrypted', () => {
    expect(rendered(stage.only('AWS::SNS::Topic')['KmsMasterKeyId'])).toMatch(/Key/);
    expect(stage.only('AWS::KMS::Key')['EnableKeyRotation']).toBe(true);
  });

  test('the dashboard shows what users see, what is broken, and every part', () => {
    const namespaces = new Set(widgets.flatMap(({ metrics = [] }) => metrics.map(([namespace]: any) => namespace)));
    for (const part of ['ApiGateway', 'Lambda', 'DynamoDB', 'RDS', 'ElastiCache']) {
      expect(namespaces).toContain(`AWS/${part}`);
    }
    const shown = widgets.find(({ alarms: listed }) => listed)?.['alarms'];
    expect(shown).toHaveLength(alarms.filter(({ AlarmName }) => !AlarmName.endsWith('-release-fails')).length + 1);
  });
});

test('saved queries look for lines that the functions write', () => {
  const written = ['crates', 'api-lambda/src', 'retry-lambda/src', 'fallback-lambda/src'].map(sourcesOf).join('\n');
  const sought = Object.values(queries).flat().flatMap((line) => [...line.matchAll(/message = "([^"]+)"/g)].map(([, text]) => text));
  expect(sought.length).toBeGreaterThan(2);
  expect(sought.filter((text) => !written.includes(`"${text}"`))).toEqual([]);
});

test('saved queries of the access log use the fields it has', () => {
  const { AccessLogSettings } = new Synthesis(devContext).only('AWS::ApiGatewayV2::Stage');
  const fields = Object.keys(JSON.parse(AccessLogSettings.Format));
  for (const field of ['status', 'route', 'latency_ms', 'caller', 'method', 'path']) {
    expect(JSON.stringify(accessQueries)).toContain(field);
    expect(fields).toContain(field);
  }
});

test('whoever deploys says whom to tell, and where the runbook is', () => {
  const stage = new Synthesis({ ...devContext, alarmEmail: 'on-call@example.com', runbookBase: 'https://example.com/runbook' });
  expect(stage.only('AWS::SNS::Subscription')).toMatchObject({ Protocol: 'email', Endpoint: 'on-call@example.com' });
  expect(stage.only('AWS::CloudWatch::CompositeAlarm')['AlarmDescription']).toMatch(
    /https:\/\/example\.com\/runbook\/users-notice\.md$/,
  );
});

test('the emulator is watched by nobody', () => {
  expect(new Synthesis(localContext).ofType('AWS::CloudWatch::Alarm')).toEqual([]);
});
