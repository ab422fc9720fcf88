import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { OwnMetrics } from './own-metrics.ts';
import { queries } from './saved-queries.ts';
import { AVERAGE, MAXIMUM, ofApi, ofCacheNode, ofDatabase, ofFunction, ofTable, SUM, type Watched } from './service-metrics.ts';

export interface SystemDashboardProps {
  readonly stage: string;
  readonly watched: Watched;
  readonly alarms: readonly IAlarm[];
  readonly functionLogs: readonly string[];
}

const kinds = ['api', 'retry', 'fallback'] as const;
const third = 8;
const height = 6;

/** What do users see, what is broken, and since when; then part by part, in the order of a request. */
export class SystemDashboard extends Construct {
  readonly #watched: Watched;
  readonly #own: OwnMetrics;

  constructor(scope: Construct, id: string, { stage, watched, alarms, functionLogs }: SystemDashboardProps) {
    super(scope, id);
    this.#watched = watched;
    this.#own = new OwnMetrics(stage);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `circuit-breaker-${stage}`,
      defaultInterval: Duration.hours(3),
    });
    dashboard.addWidgets(heading('What do users see?'));
    dashboard.addWidgets(...this.users());
    dashboard.addWidgets(heading('What is broken, and since when?'));
    dashboard.addWidgets(...this.trouble(alarms, functionLogs));
    dashboard.addWidgets(heading('Calls at circuits'));
    dashboard.addWidgets(...this.circuit());
    dashboard.addWidgets(heading('Functions'));
    dashboard.addWidgets(...this.functions());
    dashboard.addWidgets(heading("The circuits' table"));
    dashboard.addWidgets(...this.store());
    dashboard.addWidgets(heading('Database'));
    dashboard.addWidgets(...this.database());
    dashboard.addWidgets(heading('Cache'));
    dashboard.addWidgets(...this.cache());
  }

  private users(): IWidget[] {
    const api = ofApi(this.#watched);
    return [
      graph('Answers', [
        api('Count', SUM, 'requests'),
        api('4xx', SUM, "clients' mistakes"),
        api('5xx', SUM, 'server errors'),
        this.#own.count('api', 'FallbackServed', 'second best'),
      ]),
      graph('How long they wait (ms)', ['p50', 'p90', 'p99'].map((share) => api('Latency', share, share))),
      graph('Is the fallback fit to serve them?', [
        this.#own.count('api', 'FallbackSampled', 'reads compared'),
        this.#own.count('api', 'FallbackUnfit', 'not equal'),
      ]),
    ];
  }

  private trouble(alarms: readonly IAlarm[], functionLogs: readonly string[]): IWidget[] {
    const states = [...queries['state of each circuit']];
    return [
      new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: third, height }),
      new LogQueryWidget({
        title: 'Circuits that moved lately: where they are',
        logGroupNames: [...functionLogs],
        queryLines: states,
        view: LogQueryVisualizationType.TABLE,
        width: third,
        height,
      }),
      graph('Moves and probes of circuits', [
        this.#own.count('api', 'CircuitTransitions', 'moves: retry, fallback'),
        this.#own.count('api', 'Probes', 'probes: retry, fallback'),
        this.#own.count('retry', 'CircuitTransitions', 'moves: database, cache'),
        this.#own.count('retry', 'Probes', 'probes: database, cache'),
      ]),
    ];
  }

  private circuit(): IWidget[] {
    const own = this.#own;
    return [
      graph('Attempts', [
        own.count('api', 'AttemptsAdmitted', 'admitted'),
        own.count('api', 'AttemptsRejected', 'rejected'),
        own.count('api', 'Retries', 'of these, retries'),
      ]),
      graph('Attempts for each request', [
        own.statistic('api', 'AttemptsPerRequest', AVERAGE, 'average'),
        own.statistic('api', 'AttemptsPerRequest', 'p99', 'p99'),
        own.statistic('api', 'AttemptsPerRequest', MAXIMUM, 'most'),
      ]),
      graph('Calls refused by the fleet (a second)', [
        own.statistic('api', 'RefusedPerSecond', MAXIMUM, 'most of: retry, fallback'),
        own.statistic('retry', 'RefusedPerSecond', MAXIMUM, 'most of: database, cache'),
      ]),
    ];
  }

  private functions(): IWidget[] {
    const each = (metric: string, statistic: string) =>
      kinds.map((kind) => ofFunction(this.#watched.functions[kind])(metric, statistic, kind));
    return [
      graph('Crashed, timed out or did not start', each('Errors', SUM)),
      graph('Throttled', each('Throttles', SUM)),
      graph('Environments at work', each('ConcurrentExecutions', MAXIMUM)),
      graph('Duration (ms, p99)', each('Duration', 'p99')),
    ];
  }

  private store(): IWidget[] {
    const table = ofTable(this.#watched);
    const reads = table('ConsumedReadCapacityUnits', SUM, 'units read');
    const writes = table('ConsumedWriteCapacityUnits', SUM, 'units written');
    return [
      graph('Operations', [
        this.#own.count('api', 'StoreOperations', 'operations of the API function'),
        this.#own.count('api', 'StoreFailures', 'failed'),
        this.#own.count('retry', 'StoreOperations', 'operations of the Retry function'),
        this.#own.count('retry', 'StoreFailures', 'failed'),
      ]),
      graph('How long they take (ms)', [
        ...['p50', 'p99'].map((share) => this.#own.statistic('api', 'StoreTime', share, `API, ${share}`)),
        ...['p50', 'p99'].map((share) => this.#own.statistic('retry', 'StoreTime', share, `Retry, ${share}`)),
      ]),
      graph('What it costs (USD a month at this rate, us-east-1, on demand, 2026-11)', [
        new MathExpression({
          // A minute's units, at 0.125 USD a million read and 0.625 USD a million written, for 43,800 minutes.
          expression: '43800 * (0.125 * FILL(reads, 0) + 0.625 * FILL(writes, 0)) / 1000000',
          usingMetrics: { reads, writes },
          label: 'USD a month',
          period: Duration.minutes(1),
        }),
      ]),
    ];
  }

  private database(): IWidget[] {
    const database = ofDatabase(this.#watched);
    return [
      graph('Processors (%)', [database('CPUUtilization', AVERAGE, '%')]),
      graph('Connections', [database('DatabaseConnections', MAXIMUM, 'connections')]),
      graph('Latency of its disk (s)', [database('ReadLatency', AVERAGE, 'read'), database('WriteLatency', AVERAGE, 'write')]),
      graph('Free storage (bytes)', [database('FreeStorageSpace', AVERAGE, 'free')]),
    ];
  }

  private cache(): IWidget[] {
    const each = (metric: string, statistic: string) =>
      this.#watched.cacheNodes.map((node, index) => ofCacheNode(node)(metric, statistic, `machine ${index + 1}`));
    return [
      graph('Reads that it answered', [
        this.#own.count('retry', 'CacheHits', 'hits'),
        this.#own.count('retry', 'CacheMisses', 'misses'),
      ]),
      graph('Processor (%)', each('EngineCPUUtilization', AVERAGE)),
      graph('Memory (%)', each('DatabaseMemoryUsagePercentage', MAXIMUM)),
      graph('Entries thrown out', each('Evictions', SUM)),
    ];
  }
}

function heading(text: string): TextWidget {
  return new TextWidget({ markdown: `## ${text}`, width: 24, height: 1 });
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: third, height, leftYAxis: { min: 0 } });
}
