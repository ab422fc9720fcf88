import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { alarmDefinitions } from '../constructs/observability/alarm-definitions.ts';
import { AlarmTopic } from '../constructs/observability/alarm-topic.ts';
import { Alarms } from '../constructs/observability/alarms.ts';
import { SystemDashboard } from '../constructs/observability/dashboard.ts';
import { SavedQueries } from '../constructs/observability/saved-queries.ts';
import type { Watched } from '../constructs/observability/service-metrics.ts';
import type { DatabaseSettings, ObservabilitySettings } from '../settings/stage-settings.ts';

export interface ObservabilityStackProps {
  readonly stage: string;
  readonly settings: ObservabilitySettings;
  readonly database: DatabaseSettings;
  readonly watched: Watched;
  readonly functionLogs: readonly string[];
  readonly accessLogs: string;
}

/** What is broken, since when, and what users see of it. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, { description: 'Circuit breaker: dashboard, alarms and saved queries' });
    const { stage, settings, database, watched, functionLogs, accessLogs } = props;
    const { topic } = new AlarmTopic(this, 'Topic', { stage, email: settings.alarmEmail });
    const alarms = new Alarms(this, 'Alarms', {
      stage,
      runbookBase: settings.runbookBase,
      topic,
      definitions: alarmDefinitions(stage, watched, database),
    });
    new SystemDashboard(this, 'System', { stage, watched, alarms: alarms.all, functionLogs });
    new SavedQueries(this, 'Queries', { stage, functionLogs, accessLogs });
  }
}
