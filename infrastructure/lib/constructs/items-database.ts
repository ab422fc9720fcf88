import { ArnFormat, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBInstance, CfnDBParameterGroup, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import type { DatabaseSettings, DataProtection, LogRetentionDays } from '../settings/stage-settings.ts';
import type { Connection } from './connection.ts';
import { type EngineFacts, engineFacts } from './database-engine.ts';
import type { PrivateNetwork } from './private-network.ts';
import { rdsAuthoritiesPath } from './rds-authorities.ts';

export interface ItemsDatabaseProps {
  readonly stage: string;
  readonly settings: DatabaseSettings;
  readonly network: PrivateNetwork;
  readonly dataProtection: DataProtection;
  readonly logRetentionDays: LogRetentionDays;
}

const databaseName = 'items';
const user = 'items_owner';

/**
 * PostgreSQL or MySQL on RDS, without a password anywhere.
 *
 * The level-2 construct insists on making a password and a secret for it; the resource itself can be
 * told to authenticate its first user by IAM, so it is used directly.
 */
export class ItemsDatabase extends Construct {
  readonly connection: Connection;
  readonly name: string;

  constructor(scope: Construct, id: string, props: ItemsDatabaseProps) {
    super(scope, id);
    const { settings, network, dataProtection } = props;
    const engine = engineFacts[settings.engine];
    const identifier = `circuit-breaker-${props.stage}`;
    const subnets = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupDescription: 'Isolated subnets of the database of items',
      subnetIds: network.vpc.isolatedSubnets.map(({ subnetId }) => subnetId),
    });
    const parameters = new CfnDBParameterGroup(this, 'Parameters', {
      family: engine.parameterFamily,
      description: 'Refuses connections without TLS',
      parameters: engine.parameters,
    });
    const instance = new CfnDBInstance(this, 'Instance', {
      dbInstanceIdentifier: identifier,
      engine: settings.engine,
      engineVersion: engine.version,
      autoMinorVersionUpgrade: true,
      dbInstanceClass: settings.instanceClass,
      allocatedStorage: String(settings.storageGb),
      maxAllocatedStorage: settings.maxStorageGb,
      storageType: 'gp3',
      storageEncrypted: true,
      dbName: databaseName,
      port: String(engine.port),
      masterUsername: user,
      masterUserAuthenticationType: 'iam-db-auth',
      enableIamDatabaseAuthentication: true,
      dbParameterGroupName: parameters.ref,
      dbSubnetGroupName: subnets.ref,
      vpcSecurityGroups: [network.database.securityGroupId],
      publiclyAccessible: false,
      multiAz: settings.standby === 'second-zone',
      backupRetentionPeriod: settings.backupRetentionDays,
      copyTagsToSnapshot: true,
      deletionProtection: dataProtection === 'kept',
      enableCloudwatchLogsExports: [...engine.logs],
      ...(settings.performanceInsights === 'kept-a-week' && {
        enablePerformanceInsights: true,
        performanceInsightsRetentionPeriod: 7,
      }),
    });
    // RDS would make the log groups itself, and keep them for ever.
    for (const log of engine.logs) {
      const logGroup = new LogGroup(this, `Logs-${log}`, {
        logGroupName: `/aws/rds/instance/${identifier}/${log}`,
        retention: props.logRetentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      instance.node.addDependency(logGroup);
    }
    instance.applyRemovalPolicy(dataProtection === 'kept' ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY);
    this.name = instance.ref;
    this.connection = this.connectionTo(instance, engine);
    this.acknowledge(instance, settings, dataProtection);
  }

  private acknowledge(instance: CfnDBInstance, settings: DatabaseSettings, dataProtection: DataProtection): void {
    const validations = Validations.of(this);
    validations.acknowledge({
      id: 'AwsSolutions-RDS11',
      reason: 'Only the Retry function can reach the port at all, so another number would hide nothing.',
    });
    if (settings.engine === 'mysql') {
      const reason = 'RDS takes a major version and chooses the minor one, which a number here would hold back.';
      validations.acknowledge({ id: 'CloudFormation-Validate::E9006', reason });
      instance.addMetadata('cfn-lint', { config: { ignore_checks: ['E3691'] } });
    }
    if (settings.standby === 'none') {
      validations.acknowledge({ id: 'AwsSolutions-RDS3', reason: 'The stage settles for no standby.' });
    }
    if (dataProtection === 'disposable') {
      validations.acknowledge({ id: 'AwsSolutions-RDS10', reason: 'The data of the stage is disposable.' });
    }
  }

  private connectionTo(instance: CfnDBInstance, { scheme, trust }: EngineFacts): Connection {
    const address = `${instance.attrEndpointAddress}:${instance.attrEndpointPort}`;
    const login = Stack.of(this).formatArn({
      service: 'rds-db',
      resource: 'dbuser',
      resourceName: `${instance.attrDbiResourceId}/${user}`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    return {
      environment: {
        DATABASE_URL: `${scheme}://${user}@${address}/${databaseName}?${trust(rdsAuthoritiesPath)}`,
        DATABASE_AUTH: 'iam',
      },
      permissions: [new PolicyStatement({ sid: 'Database', actions: ['rds-db:connect'], resources: [login] })],
      authorities: 'rds',
    };
  }
}
