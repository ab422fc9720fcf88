import { Alarm, AlarmRule, AlarmState, CompositeAlarm, type IAlarm, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { AlarmDefinition } from './alarm-definitions.ts';

export interface AlarmsProps {
  readonly stage: string;
  readonly runbookBase: string;
  readonly topic: ITopic;
  readonly definitions: readonly AlarmDefinition[];
}

/**
 * Every alarm says what is wrong and where to read on.
 *
 * An outage has users see several things at once; they are told of once, by an alarm over all of them.
 */
export class Alarms extends Construct {
  readonly all: readonly IAlarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { topic, definitions } = props;
    const action = new SnsAction(topic);
    const alarms = definitions.map((definition) => ({ definition, alarm: this.alarm(definition, props) }));
    const ofUsers = alarms.filter(({ definition }) => definition.about === 'users').map(({ alarm }) => alarm);
    const noticed = new CompositeAlarm(this, 'UsersNotice', {
      compositeAlarmName: alarmName(props.stage, 'users-notice'),
      alarmDescription: describe('Users notice that something is wrong.', 'users-notice', props),
      alarmRule: AlarmRule.anyOf(...ofUsers.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
    });
    for (const { definition, alarm } of alarms) {
      if (definition.about === 'part') announce(alarm);
    }
    announce(noticed);
    this.all = [noticed, ...alarms.map(({ alarm }) => alarm)];

    function announce(alarm: Alarm | CompositeAlarm): void {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private alarm(definition: AlarmDefinition, props: AlarmsProps): Alarm {
    const { page, of, says, metric, threshold, comparison, minutes } = definition;
    const name = [page, ...(of === undefined ? [] : [of])].join('-');
    const [datapointsToAlarm, evaluationPeriods] = minutes;
    return new Alarm(this, name, {
      alarmName: alarmName(props.stage, name),
      alarmDescription: describe(says, page, props),
      metric,
      threshold,
      comparisonOperator: comparison,
      datapointsToAlarm,
      evaluationPeriods,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}

function alarmName(stage: string, name: string): string {
  return `circuit-breaker-${stage}-${name}`;
}

function describe(says: string, page: string, { runbookBase }: AlarmsProps): string {
  return `${says} What to do: ${runbookBase}/${page}.md`;
}
