import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Architecture, Code, Function, type IFunction, type ILayerVersion, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type FunctionKind, functionFolders } from '../settings/function-folders.ts';
import type { FunctionSettings, LogRetentionDays, Release } from '../settings/stage-settings.ts';
import { functionArn, functionName, liveAlias } from './function-name.ts';

/** A place inside a network. */
export interface Placement {
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
}

/** What every function of a stage has in common. */
export interface FunctionBasics {
  readonly stage: string;
  readonly settings: FunctionSettings;
  readonly logRetentionDays: LogRetentionDays;
  readonly release: Release;
}

export interface RustFunctionProps extends FunctionBasics {
  readonly kind: FunctionKind;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly PolicyStatement[];
  readonly placement: Placement | undefined;
  readonly layers?: readonly ILayerVersion[];
  readonly reservedConcurrency?: number | undefined;
}

const architectures = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

/**
 * A compiled function with its own log group and its own role.
 *
 * AWS's managed policies for Lambda let a function write to every log group; the role made here can
 * write to its own.
 */
export class RustFunction extends Construct {
  readonly function: IFunction;
  /** The name of its log group. */
  readonly logs: string;
  /** What callers call: the version in charge, or the function itself where there are no versions. */
  readonly live: Alias;

  constructor(scope: Construct, id: string, props: RustFunctionProps) {
    super(scope, id);
    const { kind, settings, placement } = props;
    const name = functionName(props.stage, kind);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: props.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const networking = placement ? this.networkPermissions(name) : [];
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        Function: new PolicyDocument({
          statements: [logPermission(logGroup), ...networking, ...props.permissions],
        }),
      },
    });
    const lambda = new Function(this, 'Function', {
      functionName: name,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: architectures[settings.architecture],
      handler: 'bootstrap',
      layers: [...(props.layers ?? [])],
      code: Code.fromAsset(join(settings.directory, functionFolders[kind])),
      memorySize: settings.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      environment: {
        STAGE: props.stage,
        LOG_LEVEL: settings.logLevel,
        FAULT_INJECTION: settings.faultInjection,
        ...props.environment,
      },
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
      ...(props.reservedConcurrency !== undefined && { reservedConcurrentExecutions: props.reservedConcurrency }),
      // The version before stays, to go back to.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(placement && {
        vpc: placement.vpc,
        vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
        securityGroups: [placement.securityGroup],
      }),
    });
    this.function = lambda;
    this.logs = logGroup.logGroupName;
    this.live = new Alias(this, 'Live', {
      aliasName: liveAlias,
      version: props.release === 'unversioned' ? lambda.latestVersion : lambda.currentVersion,
    });
    this.acknowledge();
  }

  private acknowledge(): void {
    Validations.of(this).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'X-Ray and the descriptions of a network know no narrower resource.',
      },
      {
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]`,
        reason: 'Lambda asks for this on every interface; the code of the function is denied it.',
      },
    );
  }

  /** Allows to invoke the version in charge, and no other. */
  get invocation(): PolicyStatement {
    return new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: [this.live.functionArn],
    });
  }

  /**
   * Lambda attaches a function to its network under the function's own role, so the role must allow
   * it; the function's code has no business there, so it is denied what the service is allowed.
   */
  private networkPermissions(name: string): PolicyStatement[] {
    const stack = Stack.of(this);
    const change = [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:UnassignPrivateIpAddresses',
    ];
    const describe = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
    return [
      new PolicyStatement({
        sid: 'AttachToNetwork',
        actions: change,
        resources: [stack.formatArn({ service: 'ec2', resource: '*', resourceName: '*' })],
      }),
      new PolicyStatement({ sid: 'DescribeNetwork', actions: describe, resources: ['*'] }),
      new PolicyStatement({
        sid: 'ServiceOnly',
        effect: Effect.DENY,
        actions: [...change, ...describe],
        resources: ['*'],
        conditions: { ArnEquals: { 'lambda:SourceFunctionArn': functionArn(stack, name) } },
      }),
    ];
  }
}

function logPermission(logGroup: LogGroup): PolicyStatement {
  return new PolicyStatement({
    sid: 'Logs',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}
