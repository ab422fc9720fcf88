import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { DatabaseSettings } from '../../settings/stage-settings.ts';
import { OwnMetrics } from './own-metrics.ts';
import { AVERAGE, MAXIMUM, ofApi, ofCacheNode, ofDatabase, ofFunction, SUM, type Watched } from './service-metrics.ts';

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_OR_EQUAL_TO_THRESHOLD } = ComparisonOperator;

export interface AlarmDefinition {
  /** Also the name of its page in `docs/runbook`; several alarms may share one. */
  readonly page: string;
  /** Tells apart those that share a page. */
  readonly of?: string;
  readonly says: string;
  readonly metric: IMetric;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  /** It rings after so many bad minutes out of so many. */
  readonly minutes: readonly [bad: number, outOf: number];
  /** Whether it tells of users or of a part; what users notice is told of once, by one alarm over all of it. */
  readonly about: 'users' | 'part';
}

/** A share in percent, which says nothing while hardly anything happens. */
function percent(part: IMetric, whole: IMetric, atLeast: number): MathExpression {
  return new MathExpression({
    expression: `IF(whole >= ${atLeast}, 100 * FILL(part, 0) / whole, 0)`,
    usingMetrics: { part, whole },
    label: '%',
    period: Duration.minutes(1),
  });
}

type MostlyDefined = Omit<AlarmDefinition, 'comparison'> & Partial<Pick<AlarmDefinition, 'comparison'>>;

export function alarmDefinitions(stage: string, watched: Watched, database: DatabaseSettings): AlarmDefinition[] {
  const own = new OwnMetrics(stage);
  const api = ofApi(watched);
  const requests = api('Count', SUM, 'requests');
  const definitions: MostlyDefined[] = [
    {
      page: 'errors-seen',
      says: 'One request in twenty or more is answered by a server error.',
      metric: percent(api('5xx', SUM, '5xx'), requests, 20),
      threshold: 5,
      minutes: [3, 5],
      about: 'users',
    },
    {
      page: 'slow-answers',
      says: 'One request in a hundred takes three seconds or longer.',
      metric: api('Latency', 'p99', 'p99'),
      threshold: 3_000,
      minutes: [3, 5],
      about: 'users',
    },
    {
      page: 'second-best',
      says: 'One answer in ten or more comes from the fallback.',
      metric: percent(own.count('api', 'FallbackServed', 'second best'), requests, 20),
      threshold: 10,
      minutes: [5, 5],
      about: 'users',
    },
    {
      page: 'circuit-open',
      says: 'The circuit refuses calls of the Retry function.',
      metric: own.count('api', 'AttemptsRejected', 'rejected'),
      threshold: 1,
      minutes: [3, 5],
      about: 'part',
    },
    {
      page: 'fallback-unfit',
      says: 'One read in ten or more would have found no equal in the fallback: an outage would be seen.',
      metric: percent(own.count('api', 'FallbackUnfit', 'unfit'), own.count('api', 'FallbackSampled', 'sampled'), 1),
      threshold: 10,
      minutes: [20, 30],
      about: 'part',
    },
    ...(['api', 'retry'] as const).map((kind): MostlyDefined => ({
      page: 'store-fails',
      of: kind,
      says: `One operation in ten or more of the ${kind} function on the circuits' table fails: each environment is on its own.`,
      metric: percent(own.count(kind, 'StoreFailures', 'failed'), own.count(kind, 'StoreOperations', 'operations'), 5),
      threshold: 10,
      minutes: [3, 5],
      about: 'part',
    })),
    ...(['api', 'retry', 'fallback'] as const).flatMap((kind): MostlyDefined[] => [
      {
        page: 'function-fails',
        of: kind,
        says: `Invocations of the ${kind} function crash, time out, or do not start.`,
        metric: ofFunction(watched.functions[kind])('Errors', SUM, 'errors'),
        threshold: 3,
        minutes: [2, 5],
        about: 'part',
      },
      {
        page: 'function-throttled',
        of: kind,
        says: `Lambda has no environment to spare for the ${kind} function.`,
        metric: ofFunction(watched.functions[kind])('Throttles', SUM, 'throttles'),
        threshold: 1,
        minutes: [3, 5],
        about: 'part',
      },
    ]),
    {
      page: 'database-busy',
      says: "The database's processors are at their limit.",
      metric: ofDatabase(watched)('CPUUtilization', AVERAGE, '%'),
      threshold: 90,
      minutes: [10, 15],
      about: 'part',
    },
    {
      page: 'database-full',
      says: 'Less than a tenth of the storage that the database began with is free: it has stopped growing.',
      metric: ofDatabase(watched)('FreeStorageSpace', AVERAGE, 'bytes'),
      threshold: (database.storageGb * 1024 ** 3) / 10,
      comparison: LESS_THAN_OR_EQUAL_TO_THRESHOLD,
      minutes: [15, 15],
      about: 'part',
    },
    ...watched.cacheNodes.flatMap((node, index): MostlyDefined[] => [
      {
        page: 'cache-busy',
        of: String(index + 1),
        says: `The processor of machine ${index + 1} of the cache is at its limit.`,
        metric: ofCacheNode(node)('EngineCPUUtilization', AVERAGE, '%'),
        threshold: 90,
        minutes: [10, 15],
        about: 'part',
      },
      {
        page: 'cache-full',
        of: String(index + 1),
        says: `Machine ${index + 1} of the cache throws entries out that an outage would need.`,
        metric: ofCacheNode(node)('DatabaseMemoryUsagePercentage', MAXIMUM, '%'),
        threshold: 90,
        minutes: [10, 15],
        about: 'part',
      },
    ]),
  ];
  return definitions.map((definition) => ({ comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD, ...definition }));
}
