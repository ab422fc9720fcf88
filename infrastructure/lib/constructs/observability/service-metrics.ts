import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

/** What there is to watch, by the names that AWS's own metrics go by. */
export interface Watched {
  readonly apiId: string;
  readonly functions: Readonly<Record<'api' | 'retry' | 'fallback', string>>;
  readonly circuitsTable: string;
  readonly database: string;
  /** Each machine of the cache, the primary among them. */
  readonly cacheNodes: readonly string[];
}

const minute = Duration.minutes(1);

type Maker = (metricName: string, statistic: string, label: string) => Metric;

function maker(namespace: string, dimensionsMap: Record<string, string>): Maker {
  return (metricName, statistic, label) =>
    new Metric({ namespace, metricName, dimensionsMap, statistic, label, period: minute });
}

export const ofApi = ({ apiId }: Watched): Maker => maker('AWS/ApiGateway', { ApiId: apiId });

export const ofFunction = (name: string): Maker => maker('AWS/Lambda', { FunctionName: name });

export const ofDatabase = ({ database }: Watched): Maker => maker('AWS/RDS', { DBInstanceIdentifier: database });

export const ofCacheNode = (node: string): Maker => maker('AWS/ElastiCache', { CacheClusterId: node });

export const ofTable = ({ circuitsTable }: Watched): Maker => maker('AWS/DynamoDB', { TableName: circuitsTable });

export const { AVERAGE, MAXIMUM, SUM } = Stats;
