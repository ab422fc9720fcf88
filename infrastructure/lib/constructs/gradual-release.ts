import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { FunctionKind } from '../settings/function-folders.ts';
import type { Release } from '../settings/stage-settings.ts';
import { functionArn, functionName } from './function-name.ts';
import type { RustFunction } from './rust-function.ts';

export interface GradualReleaseProps {
  readonly stage: string;
  readonly release: Exclude<Release, 'unversioned'>;
  readonly functions: Readonly<Record<FunctionKind, RustFunction>>;
  readonly runbookBase: string | undefined;
}

const configurations = {
  'at-once': LambdaDeploymentConfig.ALL_AT_ONCE,
  canary: LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES,
};

/**
 * Lets a new version of a function take over step by step, and go back if it fails.
 *
 * It has failed when invocations end in an error: a crash, a time-out, a start that does not succeed.
 * Answers do not count, whatever they say: a 503 while the circuit is open is the system doing its
 * work, and going back to an older version would neither help nor be possible to tell from a cause.
 */
export class GradualRelease extends Construct {
  constructor(scope: Construct, id: string, { stage, release, functions, runbookBase }: GradualReleaseProps) {
    super(scope, id);
    const advice = runbookBase === undefined ? '' : ` What to do: ${runbookBase}/release-fails.md`;
    const application = new LambdaApplication(this, 'Application', { applicationName: `circuit-breaker-${stage}` });
    const kinds = Object.keys(functions) as FunctionKind[];
    const role = this.role(kinds.map((kind) => functionName(stage, kind)));
    for (const kind of kinds) {
      new LambdaDeploymentGroup(this, `${kind}Group`, {
        application,
        deploymentGroupName: functionName(stage, kind),
        alias: functions[kind].live,
        deploymentConfig: configurations[release],
        alarms: [this.failures(functions[kind], functionName(stage, kind), advice)],
        autoRollback: { failedDeployment: true, stoppedDeployment: true, deploymentInAlarm: true },
        // AWS's managed policy, which would be added otherwise, is for every function there is.
        role: role.withoutPolicyUpdates(),
      });
    }
    const here = '<AWS::Region>:<AWS::AccountId>';
    Validations.of(this).acknowledge(
      {
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudwatch:${here}:alarm:*]`,
        reason: 'Whether alarms may be described is judged for all of them at once.',
      },
      ...kinds.map((kind) => ({
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:lambda:${here}:function:${functionName(stage, kind)}:*]`,
        reason: 'Versions get numbers that nobody knows before.',
      })),
    );
  }

  /** Three, so that one environment lost by Lambda itself does not pass for a bad version. */
  private failures({ live }: RustFunction, name: string, advice: string): Alarm {
    return new Alarm(this, `${name}-fails`, {
      alarmName: `${name}-release-fails`,
      alarmDescription: `Invocations end in errors. A release that is under way goes back to the version before.${advice}`,
      metric: live.metricErrors({ period: Duration.minutes(1) }),
      threshold: 3,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Names the functions in words: one of them waits for the alias of another, which waits for this role. */
  private role(functions: readonly string[]): Role {
    const stack = Stack.of(this);
    const alarms = stack.formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codedeploy.amazonaws.com'),
      inlinePolicies: {
        Release: new PolicyDocument({
          statements: [
            new PolicyStatement({
              sid: 'ShiftTraffic',
              actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
              // An alias and a version are resources of their own.
              resources: functions.map((name) => functionArn(stack, name)).flatMap((arn) => [arn, `${arn}:*`]),
            }),
            // Asked for by name, but judged as a question about all of them.
            new PolicyStatement({ sid: 'WatchAlarms', actions: ['cloudwatch:DescribeAlarms'], resources: [alarms] }),
          ],
        }),
      },
    });
  }
}
