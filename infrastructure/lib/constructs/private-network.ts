import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  type ISecurityGroup,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { LogRetentionDays, NetworkSettings } from '../settings/stage-settings.ts';

export interface PrivateNetworkProps {
  readonly settings: NetworkSettings;
  readonly databasePort: number;
  readonly logRetentionDays: LogRetentionDays;
  /** The only function that can be invoked from inside. */
  readonly invocableFunctionArn: string;
}

export const cachePort = 6379;

/**
 * A network without a way to or from the internet, for the database, the cache and the two functions
 * that use them.
 *
 * Security groups live here, with all their rules, so that who may talk to whom can be read in one
 * place. A function in here needs no way out for its logs or its traces: the Lambda service carries
 * those. Two AWS APIs are called from inside: Lambda's, to invoke another function, through the
 * interface endpoint made here; and DynamoDB's, through the gateway endpoint that the Data stack makes
 * beside the one table it leads to (`circuits-endpoint.ts`).
 */
export class PrivateNetwork extends Construct {
  readonly vpc: IVpc;
  readonly retryFunction: ISecurityGroup;
  readonly fallbackFunction: ISecurityGroup;
  readonly database: ISecurityGroup;
  readonly cache: ISecurityGroup;

  constructor(scope: Construct, id: string, props: PrivateNetworkProps) {
    super(scope, id);
    const { cidr, availabilityZones, dynamoDbPrefixList } = props.settings;
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: availabilityZones,
      natGateways: 0,
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
    });
    this.vpc.addFlowLog('Rejected', {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, 'FlowLogs', {
          retention: props.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      ),
    });

    this.retryFunction = this.group('RetryFunction', 'The Retry function');
    this.fallbackFunction = this.group('FallbackFunction', 'The Fallback function');
    this.database = this.group('Database', 'The database of items');
    this.cache = this.group('Cache', 'The cache of items');
    const lambdaApi = this.group('LambdaApi', 'The endpoint of the Lambda API');

    allow(this.retryFunction, this.database, props.databasePort, 'items');
    allow(this.retryFunction, this.cache, cachePort, 'cached items');
    allow(this.retryFunction, lambdaApi, 443, 'invocation of the Fallback function');
    allow(this.fallbackFunction, this.cache, cachePort, 'cached items');

    // A gateway endpoint has no security group to point to, only the addresses behind it.
    this.retryFunction.addEgressRule(Peer.prefixList(dynamoDbPrefixList), Port.tcp(443), 'circuits');

    this.addLambdaApi(lambdaApi, props.invocableFunctionArn);
  }

  private group(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  private addLambdaApi(securityGroup: ISecurityGroup, functionArn: string): void {
    const endpoint = new InterfaceVpcEndpoint(this, 'LambdaEndpoint', {
      vpc: this.vpc,
      service: InterfaceVpcEndpointAwsService.LAMBDA,
      securityGroups: [securityGroup],
      open: false,
    });
    endpoint.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['lambda:InvokeFunction'],
        resources: [functionArn],
        conditions: { StringEquals: { 'aws:PrincipalAccount': Stack.of(this).account } },
      }),
    );
  }
}

/**
 * Opens both ends, because neither lets anything in or out by default.
 *
 * The way out is part of the group itself: a group that has none of its own is given a way to
 * everywhere by EC2. The way in is a resource of its own, or the two groups would need each other.
 */
function allow(from: ISecurityGroup, to: ISecurityGroup, port: number, why: string): void {
  from.addEgressRule(Peer.securityGroupId(to.securityGroupId), Port.tcp(port), why);
  to.addIngressRule(from, Port.tcp(port), why);
}
