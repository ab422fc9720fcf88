import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface SavedQueriesProps {
  readonly stage: string;
  readonly functionLogs: readonly string[];
  readonly accessLogs: string;
}

/** By the fields that the functions' log lines have; `message` is the text of one line in the code. */
export const queries = {
  'circuits that moved': [
    'fields @timestamp, circuit, from, to, reason',
    'filter message = "the circuit moved"',
    'sort @timestamp desc',
    'limit 200',
  ],
  'state of each circuit': [
    'filter message = "the circuit moved"',
    'stats latest(to) as state, latest(reason) as why, max(@timestamp) as since by circuit',
  ],
  'warnings, the most frequent first': [
    'filter level in ["WARN", "ERROR"]',
    'stats count(*) as times, max(@timestamp) as last by message, coalesce(error, reason) as why',
    'sort times desc',
    'limit 50',
  ],
  'one request through all functions': [
    'fields @timestamp, @log, level, message, reason, error, status',
    '# Put in what the answer said as X-Request-Id.',
    'filter span.request_id = "00000000-0000-0000-0000-000000000000"',
    'sort @timestamp asc',
  ],
  'cold starts': [
    'filter @type = "REPORT" and ispresent(@initDuration)',
    'stats count(*) as starts, avg(@initDuration) as ms, max(@maxMemoryUsed / 1000 / 1000) as mb by @log, bin(5m)',
  ],
  'who lost connections to the database': [
    'filter message = "idle connection is dead and is replaced"',
    'stats count(*) as times by outcome, bin(5m)',
  ],
} as const;

export const accessQueries = {
  'errors by route': [
    'filter status >= 500',
    'stats count(*) as times, max(latency_ms) as slowest_ms by route, status',
    'sort times desc',
  ],
  'what operators changed': [
    'fields @timestamp, caller, method, path, status',
    '# Users of items are callers too; whoever is no operator was refused.',
    'filter method in ["PUT", "DELETE"] and path like /^\\/(circuits|faults)/ and status < 300',
    'sort @timestamp desc',
    'limit 200',
  ],
} as const;

/** Questions to the logs that come up in every incident. */
export class SavedQueries extends Construct {
  constructor(scope: Construct, id: string, { stage, functionLogs, accessLogs }: SavedQueriesProps) {
    super(scope, id);
    this.save(stage, queries, functionLogs);
    this.save(stage, accessQueries, [accessLogs]);
  }

  private save(stage: string, all: Record<string, readonly string[]>, logGroupNames: readonly string[]): void {
    for (const [name, lines] of Object.entries(all)) {
      new CfnQueryDefinition(this, name, {
        name: `circuit-breaker-${stage}/${name}`,
        queryString: lines.join('\n| ').replace(/\| #/g, '#'),
        logGroupNames: [...logGroupNames],
      });
    }
  }
}
